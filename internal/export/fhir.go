package export

import (
	"slices"
	"strconv"
	"strings"

	"subrosa/internal/audit"
)

// Code systems and profiles of FHIR R4 and of IHE BALP. Ours have no registered name: a UUID is unique without one.
const (
	balp         = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
	eventType    = "http://terminology.hl7.org/CodeSystem/audit-event-type"
	interaction  = "http://hl7.org/fhir/restful-interaction"
	dcm          = "http://dicom.nema.org/resources/ontology/DCM"
	participant  = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
	participates = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	sourceType   = "http://terminology.hl7.org/CodeSystem/security-source-type"
	entityType   = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
	objectRole   = "http://terminology.hl7.org/CodeSystem/object-role"

	actionSystem = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a10" // actions of the record
	entrySystem  = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a11" // entries: ORIGIN/SEQUENCE
	originSystem = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a12" // workstations' records, by origin
	userSystem   = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a13" // operating system users
	thingSystem  = "urn:uuid:5e4f6a52-6a0b-4a1e-9d0a-3c2b7a1f9a14" // conversations, turns, models
)

type coding struct{ system, code, display string }

// fhirEvent is how a kind of event is coded.
type fhirEvent struct {
	profile string // of BALP
	event   coding
	subtype coding
	action  string // C, R, U, D or E
	client  coding // the role of the program that asks
	server  coding // the role of the part that holds the data
	user    coding
}

func (k fhirKind) event() fhirEvent {
	application := coding{dcm, "110150", "Application"}
	from, to := coding{dcm, "110153", "Source Role ID"}, coding{dcm, "110152", "Destination Role ID"}
	author := coding{participates, "AUT", "author (originator)"}
	rest := coding{eventType, "rest", "RESTful Operation"}
	local := func(e coding, sub coding, action string) fhirEvent {
		return fhirEvent{event: e, subtype: sub, action: action, client: application, user: author}
	}
	app := coding{dcm, "110100", "Application Activity"}
	switch k {
	case restCreate:
		return fhirEvent{balp + "Create", rest, coding{interaction, "create", "create"}, "C", from, to, author}
	case restUpdate:
		return fhirEvent{balp + "Update", rest, coding{interaction, "update", "update"}, "U", from, to, author}
	case restDelete:
		return fhirEvent{balp + "Delete", rest, coding{interaction, "delete", "delete"}, "D", application, coding{participant, "custodian", "Custodian"}, author}
	case dicomLogin:
		return local(coding{dcm, "110114", "User Authentication"}, coding{dcm, "110122", "Login"}, "E")
	case dicomLogout:
		return local(coding{dcm, "110114", "User Authentication"}, coding{dcm, "110123", "Logout"}, "E")
	case dicomStart:
		return local(app, coding{dcm, "110120", "Application Start"}, "E")
	case dicomQuery:
		return local(coding{dcm, "110112", "Query"}, coding{}, "E")
	case dicomImport:
		return local(coding{dcm, "110107", "Import"}, coding{}, "C")
	case dicomExport:
		return local(coding{dcm, "110106", "Export"}, coding{}, "R")
	case dicomAlert:
		return local(coding{dcm, "110113", "Security Alert"}, coding{}, "E")
	case dicomRoles:
		return local(coding{dcm, "110113", "Security Alert"}, coding{dcm, "110137", "User Security Attributes Changed"}, "U")
	case dicomConfiguration:
		return local(coding{dcm, "110113", "Security Alert"}, coding{dcm, "110131", "Software Configuration"}, "U")
	}
	return local(app, coding{}, "E")
}

// appendFHIR writes an entry as one FHIR R4 AuditEvent and a newline. What succeeded and is a create, update or delete
// follows IHE BALP's pattern and names it as its profile; the rest uses DICOM's event types.
func (s Source) appendFHIR(b []byte, e *audit.Entry) []byte {
	m := mappingOf(e.Action)
	v := m.fhir.event()
	bad := failed(m, e)
	id := strconv.FormatInt(e.Seq, 10)
	j := jsonLine{b}
	j.object("")
	j.own("resourceType", "AuditEvent")
	j.str("id", fhirID(s.Origin)+"-"+id)
	if v.profile != "" && !bad {
		j.object("meta")
		j.array("profile")
		j.element(v.profile)
		j.endArray()
		j.end()
	}
	j.coding("type", v.event)
	j.array("subtype")
	if v.subtype.code != "" {
		j.coding("", v.subtype)
	}
	if v.profile == "" {
		j.coding("", coding{actionSystem, string(e.Action), m.sentence})
	}
	j.endArray()
	j.own("action", v.action)
	j.time("recorded", e.Time)
	j.own("outcome", outcome(m, e, bad))
	j.maybe("outcomeDesc", outcomeText(e))
	s.fhirAgents(&j, v, e)
	j.object("source")
	j.str("site", s.Origin)
	j.reference("observer", originSystem, s.Origin, "Subrosa")
	j.array("type")
	j.coding("", coding{sourceType, "4", "Application Server"})
	j.endArray()
	j.end()
	s.fhirEntities(&j, m, e)
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
func fhirID(origin string) string {
	id := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '.':
			return r
		}
		return '-'
	}, origin)
	return id[:min(len(id), 40)]
}

func (j *jsonLine) coding(k string, c coding) {
	j.object(k)
	j.own("system", c.system)
	j.str("code", c.code)
	if c.display != "" {
		j.own("display", c.display)
	}
	j.end()
}

func (j *jsonLine) concept(k string, c coding) {
	j.object(k)
	j.array("coding")
	j.coding("", c)
	j.endArray()
	j.end()
}

// reference writes a Reference by identifier: there is no server to look things up on.
func (j *jsonLine) reference(k, system, value, display string) {
	j.object(k)
	j.object("identifier")
	j.own("system", system)
	j.str("value", value)
	j.end()
	j.maybe("display", display)
	j.end()
}

func (s Source) fhirAgents(j *jsonLine, v fhirEvent, e *audit.Entry) {
	machine := func(role coding, name string) {
		j.object("")
		j.concept("type", role)
		j.reference("who", originSystem, s.Origin, name)
		j.boolean("requestor", false)
		if v.profile != "" {
			j.object("network")
			j.own("address", "localhost")
			j.own("type", "1") // machine name
			j.end()
		}
		j.end()
	}
	j.array("agent")
	machine(v.client, "Subrosa")
	if v.server.code != "" {
		machine(v.server, "Subrosa's encrypted store")
	}
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
	j.endArray()
}

func uriPart(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`"<>\^{}|%`+"`", r) {
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
	j.coding("type", coding{entityType, "2", "System Object"})
	j.coding("role", coding{objectRole, "4", "Domain Resource"})
	j.end()
	j.object("")
	j.reference("what", entrySystem, entry, "")
	j.coding("type", coding{entityType, "4", "Other"})
	j.coding("role", coding{objectRole, "13", "Security Resource"})
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
	j.object("")
	j.own("type", name)
	j.str("valueString", value)
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
