package export

import (
	"slices"
	"strconv"
	"strings"

	"subrosa/internal/audit"
)

// Profiles of IHE BALP and identifier systems. Ours have no registered name: a UUID is unique without one.
const (
	balp = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."

	actionSystem = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a10" // actions of the record
	entrySystem  = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a11" // entries: ORIGIN/SEQUENCE
	originSystem = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a12" // workstations' records, by origin
	userSystem   = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a13" // operating system users
	thingSystem  = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a14" // conversations, turns, models
)

// coding is a FHIR Coding as it is written.
type coding string

// The beginnings of codings, by code system.
const (
	eventType    = `{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"`
	interaction  = `{"system":"http://hl7.org/fhir/restful-interaction","code":"`
	dcm          = `{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"`
	participant  = `{"system":"http://terminology.hl7.org/CodeSystem/provenance-participant-type","code":"`
	participates = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"`
	sourceType   = `{"system":"http://terminology.hl7.org/CodeSystem/security-source-type","code":"`
	entityType   = `{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"`
	objectRole   = `{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"`
)

// fhirEvent is how a kind of event is coded.
type fhirEvent struct {
	profile string // of BALP
	event   coding
	subtype coding // empty: none
	action  string // C, R, U, D or E
	client  coding // the role of the program that asks
	server  coding // the role of the part that holds the data; empty: it has no part in it
	user    coding
}

func (k fhirKind) event() fhirEvent {
	const (
		rest        = eventType + `rest","display":"RESTful Operation"}`
		create      = interaction + `create","display":"create"}`
		update      = interaction + `update","display":"update"}`
		remove      = interaction + `delete","display":"delete"}`
		from        = dcm + `110153","display":"Source Role ID"}`
		to          = dcm + `110152","display":"Destination Role ID"}`
		application = dcm + `110150","display":"Application"}`
		custodian   = participant + `custodian","display":"Custodian"}`
		author      = participates + `AUT","display":"author (originator)"}`

		activity   = dcm + `110100","display":"Application Activity"}`
		started    = dcm + `110120","display":"Application Start"}`
		signing    = dcm + `110114","display":"User Authentication"}`
		login      = dcm + `110122","display":"Login"}`
		logout     = dcm + `110123","display":"Logout"}`
		query      = dcm + `110112","display":"Query"}`
		imported   = dcm + `110107","display":"Import"}`
		exported   = dcm + `110106","display":"Export"}`
		alert      = dcm + `110113","display":"Security Alert"}`
		attributes = dcm + `110137","display":"User Security Attributes Changed"}`
		configured = dcm + `110131","display":"Software Configuration"}`
	)
	local := func(e, sub coding, action string) fhirEvent {
		return fhirEvent{event: e, subtype: sub, action: action, client: application, user: author}
	}
	switch k {
	case restCreate:
		return fhirEvent{balp + "Create", rest, create, "C", from, to, author}
	case restUpdate:
		return fhirEvent{balp + "Update", rest, update, "U", from, to, author}
	case restDelete:
		return fhirEvent{balp + "Delete", rest, remove, "D", application, custodian, author}
	case dicomLogin:
		return local(signing, login, "E")
	case dicomLogout:
		return local(signing, logout, "E")
	case dicomStart:
		return local(activity, started, "E")
	case dicomQuery:
		return local(query, "", "E")
	case dicomImport:
		return local(imported, "", "C")
	case dicomExport:
		return local(exported, "", "R")
	case dicomAlert:
		return local(alert, "", "E")
	case dicomRoles:
		return local(alert, attributes, "U")
	case dicomConfiguration:
		return local(alert, configured, "U")
	}
	return local(activity, "", "E")
}

// fhirWriter holds what is the same in all resources of a record.
type fhirWriter struct {
	Source
	machines [dicomConfiguration + 1]string // the program's parts as agents, by kind of event
	observer string
}

func (s Source) fhir() *fhirWriter {
	f := &fhirWriter{Source: s}
	for k := range f.machines {
		f.machines[k] = s.fhirMachines(fhirKind(k).event())
	}
	var j jsonLine
	j.object("source")
	j.str("site", s.Origin)
	j.reference("observer", originSystem, s.Origin, "Subrosa")
	j.raw("type", `[`+sourceType+`4","display":"Application Server"}]`)
	j.end()
	f.observer = string(j.b)
	return f
}

// append writes an entry as one FHIR R4 AuditEvent and a newline. What succeeded and is a create, update or delete
// follows IHE BALP's pattern and names it as its profile; the rest uses DICOM's event types.
func (f *fhirWriter) append(b []byte, e *audit.Entry) []byte {
	m := mappingOf(e.Action)
	v := m.fhir.event()
	bad := failed(m, e)
	j := jsonLine{append(b, `{"resourceType":"AuditEvent","id":"`...)}
	j.b = strconv.AppendInt(append(appendFHIRID(j.b, f.Origin), '-'), e.Seq, 10)
	j.b = append(j.b, '"')
	if v.profile != "" && !bad {
		j.object("meta")
		j.array("profile")
		j.element(v.profile)
		j.endArray()
		j.end()
	}
	j.raw("type", string(v.event))
	j.array("subtype")
	if v.subtype != "" {
		j.raw("", string(v.subtype))
	}
	if v.profile == "" {
		j.object("")
		j.own("system", actionSystem)
		j.str("code", string(e.Action))
		j.own("display", m.sentence)
		j.end()
	}
	j.endArray()
	j.own("action", v.action)
	j.time("recorded", e.Time)
	j.own("outcome", outcome(m, e, bad))
	j.maybe("outcomeDesc", outcomeText(e))
	j.array("agent")
	j.raw("", f.machines[m.fhir])
	fhirUser(&j, v, e)
	j.endArray()
	j.raw("", f.observer)
	f.fhirEntities(&j, m, e)
	j.end()
	j.newline()
	return j.b
}

func outcome(m mapping, e *audit.Entry, bad bool) string {
	switch {
	case bad && m.severityOf(e) >= high:
		return "8" // serious failure
	case bad:
		return "4" // minor failure
	}
	return "0"
}

func outcomeText(e *audit.Entry) string {
	if e.Result != "" && e.Detail != "" {
		return e.Result + ": " + e.Detail
	}
	return e.Result + e.Detail
}

// fhirID makes a part of a FHIR id, [A-Za-z0-9.-]{1,64}, of an origin.
func fhirID(origin string) string { return string(appendFHIRID(nil, origin)) }

func appendFHIRID(b []byte, origin string) []byte {
	most := len(b) + 40
	for _, r := range origin {
		switch {
		case len(b) == most:
			return b
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '.':
			b = append(b, byte(r))
		default:
			b = append(b, '-')
		}
	}
	return b
}

// concept writes a CodeableConcept.
func (j *jsonLine) concept(k string, c coding) {
	j.raw(k, `{"coding":[`)
	j.b = append(j.b, c...)
	j.b = append(j.b, `]}`...)
}

// reference writes a Reference by identifier: there is no server to look things up on.
func (j *jsonLine) reference(k, system, value, display string) {
	j.raw(k, `{"identifier":{`)
	j.own("system", system)
	j.str("value", value)
	j.end()
	j.maybe("display", display)
	j.end()
}

func (s Source) fhirMachines(v fhirEvent) string {
	var j jsonLine
	machine := func(role coding, name string) {
		j.object("")
		j.concept("type", role)
		j.reference("who", originSystem, s.Origin, name)
		j.boolean("requestor", false)
		if v.profile != "" {
			j.raw("network", `{"address":"localhost","type":"1"}`) // 1: machine name
		}
		j.end()
	}
	machine(v.client, "Subrosa")
	if v.server != "" {
		machine(v.server, "Subrosa's encrypted store")
	}
	return string(j.b)
}

func fhirUser(j *jsonLine, v fhirEvent, e *audit.Entry) {
	j.object("")
	j.concept("type", v.user)
	j.reference("who", userSystem, actorOf(e), "")
	j.str("name", actorOf(e))
	j.boolean("requestor", true)
	if e.Policy != "" {
		j.array("policy")
		j.element("urn:subrosa:policy:" + uriPart(e.Policy))
		j.endArray()
	}
	j.end()
}

func uriPart(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && strings.IndexByte(`"<>\^{}|%`+"`", byte(r)) < 0 {
			return r
		}
		return '-'
	}, s)
}

// fhirEntities writes what it was done to, and the record's entry itself with its particulars.
func (s Source) fhirEntities(j *jsonLine, m mapping, e *audit.Entry) {
	entry := s.entryID(e)
	j.array("entity")
	j.object("")
	j.reference("what", thingSystem, thingOf(e, entry), m.of)
	j.raw("type", entityType+`2","display":"System Object"}`)
	j.raw("role", objectRole+`4","display":"Domain Resource"}`)
	j.end()
	j.object("")
	j.reference("what", entrySystem, entry, "")
	j.raw("type", entityType+`4","display":"Other"}`)
	j.raw("role", objectRole+`13","display":"Security Resource"}`)
	j.own("description", m.sentence)
	j.array("detail")
	j.detail("action", string(e.Action))
	j.detail("conversation", e.Conversation)
	j.detail("turn", e.Turn)
	j.detail("matter", e.Matter)
	j.detail("model", e.Model)
	j.detail("ruleset", e.Ruleset)
	j.detail("prompt commitment", string(e.Prompt))
	j.detail("response commitment", string(e.Response))
	for _, t := range typesOf(e.Redactions) {
		j.object("") // the type is data, not ours
		j.str("type", "redacted "+t)
		j.own("valueString", strconv.Itoa(e.Redactions[t]))
		j.end()
	}
	if e.PromptTokens+e.OutputTokens > 0 {
		j.detail("prompt tokens", strconv.Itoa(e.PromptTokens))
		j.detail("output tokens", strconv.Itoa(e.OutputTokens))
	}
	j.endArray()
	j.end()
	j.endArray()
}

func thingOf(e *audit.Entry, entry string) string {
	switch {
	case e.Conversation != "":
		return e.Conversation
	case e.Model != "":
		return e.Model
	}
	return entry
}

func (j *jsonLine) detail(name, value string) {
	if value == "" {
		return
	}
	j.raw("", `{"type":"`)
	j.b = append(j.b, name...)
	j.b = append(j.b, `","valueString":`...)
	j.quote(value)
	j.end()
}

func typesOf(redactions map[string]int) []string {
	types := make([]string, 0, len(redactions))
	for t := range redactions {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}
