package export

import (
	"strconv"

	"subrosa/internal/audit"
)

const ocsfVersion = "1.8.0"

// Source says whose record is converted.
type Source struct {
	Origin  string // the record's name
	Version string // of the program
}

// entryID names an entry among those of all records.
func (s Source) entryID(e *audit.Entry) string { return s.Origin + "/" + strconv.FormatInt(e.Seq, 10) }

// appendOCSF writes an entry as one OCSF 1.8.0 event and a newline. The attributes are those of testdata/ocsf-1.8.0.json.
// Texts are never in it: the record has none, and 1.8.0 has no attribute for them.
func (s Source) appendOCSF(b []byte, e *audit.Entry) []byte {
	m := mappingOf(e.Action)
	j := jsonLine{b}
	j.object("")
	j.num("category_uid", int64(m.class/1000))
	j.num("class_uid", int64(m.class))
	j.num("activity_id", int64(m.activity))
	j.str("activity_name", m.name)
	j.num("type_uid", int64(m.class*100+m.activity))
	j.num("severity_id", int64(m.severityOf(e)))
	j.num("time", e.Time.UnixMilli())
	j.own("message", m.sentence)
	s.ocsfStatus(&j, m, e)
	s.ocsfMetadata(&j, m, e)
	s.ocsfSubject(&j, m, e)
	ocsfUnmapped(&j, e)
	j.end()
	j.newline()
	return j.b
}

func (m mapping) severityOf(e *audit.Entry) int {
	if failed(m, e) {
		return max(m.severity, medium)
	}
	return m.severity
}

func (Source) ocsfStatus(j *jsonLine, m mapping, e *audit.Entry) {
	switch {
	case m.class == detectionFinding:
		j.num("status_id", 1) // a finding's life: new
		j.own("status", "New")
	case failed(m, e):
		j.num("status_id", 2)
		j.own("status", "Failure")
	default:
		j.num("status_id", 1)
		j.own("status", "Success")
	}
	j.maybe("status_code", e.Result)
	j.maybe("status_detail", e.Detail)
}

func (s Source) ocsfMetadata(j *jsonLine, m mapping, e *audit.Entry) {
	j.raw("metadata", `{"version":"`+ocsfVersion+`","product":{"name":"Subrosa","vendor_name":"Subrosa"`)
	j.maybe("version", s.Version)
	j.end()
	j.str("log_name", s.Origin)
	j.str("log_version", strconv.Itoa(e.Version))
	j.num("sequence", e.Seq)
	j.str("uid", s.entryID(e))
	j.str("event_code", string(e.Action))
	j.maybe("correlation_uid", e.Turn)
	switch {
	case aiOperation(m, e):
		j.raw("profiles", `["ai_operation"]`)
	case m.class == appLifecycle, m.class == detectionFinding:
		j.raw("profiles", `["host"]`) // these classes know an actor by it alone
	}
	j.end()
}

// aiOperation tells whether a model is part of it. The profile is defined for API and datastore activity.
func aiOperation(m mapping, e *audit.Entry) bool { return e.Model != "" && m.class == apiActivity }

// ocsfSubject writes who did it, from where, and to what.
func (s Source) ocsfSubject(j *jsonLine, m mapping, e *audit.Entry) {
	ocsfActor(j, e)
	switch m.class {
	case authentication, accountChange:
		j.object("user")
		j.str("name", actorOf(e))
		j.end()
		if m.class == authentication {
			j.raw("service", `{"name":"Subrosa"}`)
		}
		s.ocsfEndpoint(j)
	case entityManagement:
		j.object("entity")
		j.own("name", m.of)
		j.own("type", m.of)
		j.maybe("version", e.Policy)
		j.end()
		s.ocsfEndpoint(j)
	case appLifecycle:
		j.object("app")
		if m.of == "model" {
			j.str("name", modelName(e))
			j.maybe("uid", e.Model)
		} else {
			j.own("name", "Subrosa")
			j.maybe("version", s.Version)
		}
		j.own("vendor_name", "Subrosa")
		j.end()
	case datastore:
		j.object("database")
		j.own("name", m.of)
		j.maybe("uid", e.Conversation)
		j.num("type_id", 1)
		j.own("type", "Relational")
		j.end()
		s.ocsfEndpoint(j)
	case detectionFinding:
		j.object("finding_info")
		j.str("uid", s.entryID(e))
		j.own("title", m.sentence)
		j.num("created_time", e.Time.UnixMilli())
		j.maybe("desc", e.Detail)
		j.end()
		j.boolean("is_alert", true)
	default:
		j.object("api")
		j.str("operation", string(e.Action))
		j.raw("service", `{"name":"subrosa-engine"}`)
		j.end()
		s.ocsfEndpoint(j)
		if aiOperation(m, e) {
			ocsfModel(j, e)
		}
	}
}

func ocsfActor(j *jsonLine, e *audit.Entry) {
	j.raw("actor", `{"user":{`)
	j.str("name", actorOf(e))
	j.end()
	j.own("app_name", "Subrosa")
	j.end()
}

func actorOf(e *audit.Entry) string {
	if e.Actor == "" {
		return "unknown"
	}
	return e.Actor
}

func (s Source) ocsfEndpoint(j *jsonLine) {
	j.object("src_endpoint")
	j.str("name", s.Origin) // no address: the workstation has no network
	j.end()
}

func ocsfModel(j *jsonLine, e *audit.Entry) {
	j.object("ai_model")
	j.str("name", modelName(e))
	j.str("uid", e.Model)
	j.own("ai_provider", "Internal")
	j.end()
	j.object("message_context")
	j.maybe("uid", e.Conversation)
	role, caption := int64(2), "Assistant"
	if e.Action == audit.Prompt || e.Action == audit.PolicyDenied {
		role, caption = 1, "User"
	}
	j.num("ai_role_id", role)
	j.own("ai_role", caption)
	j.raw("application", `{"name":"Subrosa"}`)
	if e.PromptTokens+e.OutputTokens > 0 {
		j.num("prompt_tokens", int64(e.PromptTokens))
		j.num("completion_tokens", int64(e.OutputTokens))
		j.num("total_tokens", int64(e.PromptTokens+e.OutputTokens))
	}
	j.end()
}

// modelName is a model's ID: the record names models by hash alone.
func modelName(e *audit.Entry) string {
	switch {
	case len(e.Model) >= 16:
		return e.Model[:16]
	case e.Model != "":
		return e.Model
	}
	return "unknown"
}

// ocsfUnmapped keeps what OCSF has no attribute for, under the record's own names.
func ocsfUnmapped(j *jsonLine, e *audit.Entry) {
	j.object("unmapped")
	j.maybe("conversation", e.Conversation)
	j.maybe("turn", e.Turn)
	j.maybe("matter", e.Matter)
	j.maybe("message", e.Message)
	j.maybe("policy", e.Policy)
	j.maybe("ruleset", e.Ruleset)
	j.maybe("prompt_commitment", string(e.Prompt))
	j.maybe("response_commitment", string(e.Response))
	if len(e.Redactions) > 0 {
		j.object("redactions")
		for _, t := range typesOf(e.Redactions) {
			j.count(t, e.Redactions[t])
		}
		j.end()
	}
	if e.Sampling != (audit.Sampling{}) {
		j.object("sampling")
		j.float("temperature", e.Sampling.Temperature)
		j.num("topK", int64(e.Sampling.TopK))
		j.float("topP", e.Sampling.TopP)
		j.float("minP", e.Sampling.MinP)
		j.float("repeatPenalty", e.Sampling.RepeatPenalty)
		j.num("seed", int64(e.Sampling.Seed))
		j.num("maxTokens", int64(e.Sampling.MaxTokens))
		j.end()
	}
	j.end()
}
