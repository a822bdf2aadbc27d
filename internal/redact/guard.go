package redact

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Flag is a place in a text that a guardrail speaks up about. Nothing is taken out of the text for it.
type Flag struct {
	Start, End int // bytes, half-open
	Name       string
	Action     Action // Allow, Warn or Block
	Reason     string // one sentence for the user
}

// GuardSpec is a guardrail: words, a pattern, or types of values, and what happens when a text holds one.
type GuardSpec struct {
	Name    string
	Words   []string // whole words or phrases, in any case
	Pattern string   // RE2, bounded as NewPattern wants it
	Types   []Type   // types that a Redactor finds
	Action  Action   // Allow (it lifts the others' word for the bytes that it covers), Warn or Block
	Reason  string
	Finds   []string // tests: it must speak up in each of these texts
	Leaves  []string // tests: in none of these
}

// Guard looks for what guardrails speak up about. It does not change and may be used by many goroutines.
type Guard struct {
	specs  []GuardSpec
	finder *Redactor // rules by index of spec, in their type
	typed  *Redactor // for specs with types, nil without
}

// errGuard is wrapped by the errors that are not a PatternError.
var errGuard = errors.New("guardrail")

// NewGuard returns a Guard with the built-in guardrails and these. The error names the one that is wrong, and its failing
// example.
func NewGuard(specs ...GuardSpec) (*Guard, error) {
	g := &Guard{specs: slices.Concat(builtinGuards(), specs)}
	var rules, typed []Rule
	types := map[Type]bool{}
	for i, spec := range g.specs {
		if spec.Action != Allow && spec.Action != Warn && spec.Action != Block {
			return nil, fmt.Errorf("%w %q: its action must be allow, warn or block", errGuard, spec.Name)
		}
		for _, t := range spec.Types {
			types[t] = true
		}
		for _, source := range []PatternSpec{{Words: spec.Words}, {Pattern: spec.Pattern}} {
			if source.Pattern == "" && len(source.Words) == 0 {
				continue
			}
			source.Name, source.Type = spec.Name, guardType(i)
			rule := Rule{Name: "guard_" + spec.Name + "/1", Type: source.Type}
			var err error
			if source.Pattern != "" {
				err = rule.expression(source)
			} else {
				err = rule.phrases(source)
			}
			if err != nil {
				return nil, err
			}
			rules = append(rules, rule)
		}
		if spec.Pattern == "" && len(spec.Words) == 0 && len(spec.Types) == 0 {
			return nil, fmt.Errorf("%w %q: it needs words, a pattern or types", errGuard, spec.Name)
		}
	}
	rules = append(rules, overrides(0)) // the first built-in one
	g.finder = New(rules...)
	if len(types) > 0 {
		typed = slices.DeleteFunc(builtin(), func(r Rule) bool { return !types[r.Type] })
		g.typed = New(typed...)
	}
	for _, spec := range g.specs {
		for _, example := range spec.Finds {
			if !slices.ContainsFunc(g.find(example), func(f Flag) bool { return f.Name == spec.Name }) {
				return nil, &PatternError{Name: spec.Name, Problem: "must speak up in its example", Example: example}
			}
		}
		for _, example := range spec.Leaves {
			if slices.ContainsFunc(g.find(example), func(f Flag) bool { return f.Name == spec.Name }) {
				return nil, &PatternError{Name: spec.Name, Problem: "must not speak up in its example", Example: example}
			}
		}
	}
	return g, nil
}

func guardType(i int) Type { return Type(fmt.Sprintf("GUARD_%d", i)) }

// Check returns what the guardrails say about text, in order. Where a guardrail that allows covers a flag, that flag is
// left out.
func (g *Guard) Check(text string) []Flag {
	flags := g.find(text)
	allowed := slices.DeleteFunc(slices.Clone(flags), func(f Flag) bool { return f.Action != Allow })
	return slices.DeleteFunc(flags, func(f Flag) bool {
		return f.Action == Allow || slices.ContainsFunc(allowed, func(a Flag) bool { return a.Start <= f.Start && f.End <= a.End })
	})
}

func (g *Guard) find(text string) []Flag {
	var flags []Flag
	s := g.finder.Stream()
	s.every = func(start, end int, kind Type) {
		var i int
		if _, err := fmt.Sscanf(string(kind), "GUARD_%d", &i); err == nil {
			spec := g.specs[i]
			f := Flag{Start: start, End: end, Name: spec.Name, Action: spec.Action, Reason: spec.Reason}
			if !slices.Contains(flags, f) {
				flags = append(flags, f)
			}
		}
	}
	s.Write(text)
	s.Close()
	if g.typed != nil {
		for _, span := range g.typed.Find(text) {
			for _, spec := range g.specs {
				if slices.Contains(spec.Types, span.Type) {
					flags = append(flags, Flag{Start: span.Start, End: span.End, Name: spec.Name, Action: spec.Action, Reason: spec.Reason})
				}
			}
		}
	}
	slices.SortStableFunc(flags, func(a, b Flag) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	return flags
}

// Flags returns what the built-in guardrails say about a prompt: that it tries to switch redaction off, to draw out the
// system's text, to have masked values shown, or to have its instructions forgotten.
func Flags(text string) []Flag {
	g, err := NewGuard()
	if err != nil {
		panic(err) // the built-in ones are tested
	}
	return g.Check(text)
}

// builtinGuards are found by overrides; the first of them is its type.
func builtinGuards() []GuardSpec {
	return []GuardSpec{{
		Name: "override", Action: Warn,
		Words: []string{
			"jailbreak mode", "developer mode enabled", "do anything now", "prompt injection payload", "you are now dan", "act as dan", "unrestricted assistant", "unrestricted ai", "unrestricted mode", "pretend there are no rules", "pretend you have no rules", "redaction off", "masking off",
			"without restrictions or filters", "get around the filter", "get around the redaction", "get around the masking", "evade the filter", "evade redaction", "so the filter misses", "so that the filter misses", "so it is not masked", "so that it is not masked", "so that it is not redacted",
			"enable developer mode", "enter developer mode", "developer mode on", "enable debug mode", "enter debug mode", "dan mode", "god mode",
			"you are free of all", "you are free from all", "you are not bound by", "you are no longer bound", "you have no restrictions", "you have no rules", "you have no limits",
			"so it isn't masked", "so it isn't redacted", "so it won't be masked", "so it won't be redacted", "so that it isn't masked", "so that it isn't redacted", "so the filter does not catch", "so the filter doesn't catch", "so the filter won't catch", "so it is not redacted",
			"to avoid redaction", "to avoid the redaction", "to avoid masking", "to avoid the masking", "to evade masking", "no redaction please", "no redactions please", "no masking please", "no anonymization please", "no anonymisation please",
			"how you were instructed", "how you were programmed", "get past the redaction", "get past the filter", "get past the masking", "slip past the filter", "so it passes the filter", "my first message", "vor dieser nachricht", "vor meiner nachricht",
			"your context window", "first message in this conversation", "before this message", "above this message", "before my message", "above my message",
			"keine schwärzung", "keine maskierung", "keine anonymisierung", "ohne jede schwärzung", "keine platzhalter verwenden", "sin restricciones ni filtros", "para evitar el enmascaramiento", "para evitar la censura", "damit der filter", "um den filter zu umgehen",
		},
		Reason: "The prompt seems to ask for the assistant's instructions, or to work around the protection of private data. It is sent all the same, and noted on record.",
	}}
}

// The words of a request to override: something is done to something. Both, in this order and near each other, or the
// other way round for a few.
const nearWords = 7

// overrides finds requests to override in English, Spanish and German: a verb of doing away or of showing, and within a
// few words what it is done to.
func overrides(spec int) Rule {
	verbs := map[string]string{}
	for class, words := range map[string]string{
		"bare":   "reveal expose disclose leak dump revela revelar verrate",
		"follow": "following obeying follow obey aside folge befolge sigas obedezcas",
		"said":   "instructions rules guidelines orders anweisungen regeln instrucciones reglas",
		"state":  "redaction masking anonymization anonymisation pseudonymization pseudonymisation schwärzung maskierung anonymisierung enmascaramiento anonimización",
		"which":  "which what welche qué",
		"who":    "who guess was what wer quién adivina errate",
		"want":   "need want brauche necesito quiero",
		"fill":   "fill restore recover put bring stelle setze restaura",
		"bars":   "without sin ohne",
		"open":   "reidentify uncover unblind depseudonymize depseudonymise unmask unmasking deanonymize deanonymise unredact demaskiere desenmascara",
		"off":    "hebe kill stelle disable disables deactivate deactivating disabling bypass bypassing circumvent suspend skip remove stop stopping turn switch evade defeat desactiva desactivar desactive apaga apagar quita quitar deja deshabilita elude deaktiviere deaktivieren schalte abschalten umgehe umgehen entferne",
		"again":  "identify anonymize anonymise pseudonymize pseudonymise",
		"leave":  "leave keep lass deja",
		"drop":   "throw abandon erase reset cancel overwrite ignore ignoring disregard forget override overriding discard neglect ignora ignorar ignore olvida olvidar vergiss ignoriere ignorieren missachte",
		"undo":   "undo undoing reverse decode resolve deshaz deshacer revierte descifra",
		"deny":   "redact mask anonymize anonymise pseudonymize pseudonymise censor hide ocultes enmascares anonimices censures tapes maskiere maskier schwärze anonymisiere zensiere",
		"swap":   "convert translate map change turn include insert use replace substitute swap sustituye reemplaza ersetze",
		"show":   "print reveal show display repeat output dump expose tell give disclose recite reproduce leak write share translate summarize summarise paste copy list read see send output include what quote write schreib schreibe escribe steht answer respond reply continue imprime muestra mostrar revela revelar repite dime escribe muéstrame enséñame responde contesta cuál cuáles zeige zeig verrate wiederhole gib nenne drucke antworte lautet",
	} {
		for w := range strings.FieldsSeq(words) {
			verbs[w] += class + " "
		}
	}
	keys := make([]string, 0, len(verbs))
	for w := range verbs {
		keys = append(keys, w)
	}
	slices.Sort(keys)
	return Rule{Name: "guard_override/3", Type: guardType(spec), Words: keys, Match: func(c *Candidate) Verdict {
		return matchOverride(c, verbs)
	}}
}

func matchOverride(c *Candidate, verbs map[string]string) Verdict {
	var buf [24]byte
	verb := string(triggerWord(c, buf[:0]))
	classes := verbs[verb]
	// The words after it in the sentence, in small letters.
	var words [nearWords + 3]string
	var ends [nearWords + 3]int
	n := 0
	s := &scanner{text: c.Text, i: c.At}
	s.word()
	for n < len(words) && s.i-c.At < 120 {
		b := s.peek()
		over := b == '.' || b == '!' || b == '?' || b == ';' || b == '\n' && s.at(1) == '\n'
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		if s.short || over {
			break
		}
		if !inWord[b] || isDigit(b) {
			s.i++
			continue
		}
		w, _ := s.word()
		if len(w) == 0 {
			s.i++
			continue
		}
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		words[n], ends[n] = string(w), s.i
		n++
	}
	if end := override(verb, classes, words[:n], c.Text[:c.At], c.Text[c.At:min(s.i, len(c.Text))]); end > 0 {
		if n == 0 {
			return c.Is(c.At, c.At+len(verb), 0.8)
		}
		return c.Is(c.At, ends[min(end, n)-1], 0.8)
	}
	return None
}

// override returns how many of the words after the verb make it a request to override, 0 for none.
func override(verb, classes string, words []string, before, sentence []byte) int {
	limit := min(len(words), nearWords)
	has := func(set string, w string) bool {
		for s := range strings.FieldsSeq(set) {
			if s == w {
				return true
			}
		}
		return false
	}
	const (
		protection = "redaction redactions masking redacting anonymization anonymisation anonymizing anonymising pseudonymization pseudonymisation pseudonymizing pseudonymising deidentification filter filters filtering guardrail guardrails safeguards safety censorship censoring protection enmascaramiento anonimización censura filtro filtros redacción schwärzung maskierung anonymisierung pseudonymisierung schutzfilter datenschutzfilter filterung"
		whole      = "everything anything all todo toda alles"
		past       = "above before earlier previously told anterior dicho oben vorher bisher gesagt"
		prior      = "every each jede todas todos toda previous prior above earlier preceding all your any these those existing original former anteriores previas anterior tus vorherigen bisherigen obigen alle deine"
		orders     = "instructions instruction prompts prompt rule rules guidelines directions directives programming constraints restrictions training policies instrucciones reglas órdenes anweisungen regeln vorgaben instruktionen"
		system     = "configuration iniciales originales ursprünglichen ursprüngliche system initial hidden original secret internal developer preamble sistema inicial oculto system systemprompt systemanweisungen versteckten"
		hidden     = "original unredacted unmasked real actual redacted masked hidden raw underlying true full uncensored pseudonymized pseudonymised originales reales ocultos echten originalen geschwärzten maskierten"
		values     = "values value names name data text numbers number ssn ssns identities identity pii phi entities originals placeholders tokens identifiers information valores nombres datos texto nombre werte namen daten text namen nummern"
	)
	at := func(set string, from, to int) int {
		for i := from; i < min(to, len(words)); i++ {
			if has(set, words[i]) {
				return i + 1
			}
		}
		return 0
	}
	bracket := bytes.IndexByte(sentence, '[') >= 0
	asks := strings.Contains(classes, "show") || strings.Contains(classes, "who") || strings.Contains(classes, "which") || strings.Contains(classes, "swap")
	if bracket && asks {
		if p := at("real actual true original echten wahren reales", 0, len(words)); p > 0 && at(values+" date address phone", p, p+2) > 0 {
			return p
		}
		if p := at("hidden concealed masked", 0, 4); p > 0 && at("under beneath underneath by behind", p, p+1) > 0 {
			return p
		}
		if p := at(values, 0, 3); p > 0 && at("hide hides conceal conceals", p, len(words)) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "again") {
		if before := bytes.ToLower(before); strings.HasPrefix(verb, "identify") && bytes.HasSuffix(before, []byte("re-")) || bytes.HasSuffix(before, []byte("de-")) {
			classes += "open "
		}
	}
	if strings.Contains(classes, "undo") {
		if p := at("masking redaction redactions pseudonyms pseudonymization pseudonymisation anonymization anonymisation placeholders tokens enmascaramiento anonimización seudónimos", 0, 3); p > 0 {
			return p
		}
	}
	if strings.Contains(classes, "deny") && denied(before, words) {
		if p := at(values+" anything nothing any nada nichts me", 0, 4); p > 0 || len(words) == 0 {
			return max(p, 1)
		}
	}
	if strings.Contains(classes, "swap") && bracket {
		if p := at("real actual true original reales echten", 0, len(words)); p > 0 && at(values, p, p+2) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "off") {
		if p := at("hiding replacing blacking", 0, 1); p > 0 {
			if q := at(values, p, p+3); q > 0 {
				return q
			}
		}
		if p := at(protection, 0, 5); p > 0 {
			soft := has("filter filters filtering protection safety safeguards filtro filtros redacción", words[p-1]) // of other things as well
			if !soft || at("privacy pii phi your dlp tu deine content redaction output data datenschutz", 0, p) > 0 || at("privacidad datenschutz privacy datos personales", p, p+3) > 0 {
				return p
			}
		}
		if p := at("privacy pii phi dlp", 0, 4); p > 0 && at("mode detection detector layer scanner scanning scrubbing check checks", p, p+1) > 0 {
			return p + 1
		}
		if p := at("datenschutz", 0, 3); p > 0 && at("ab aus", p, p+1) > 0 {
			return p + 1
		}
		if p := at("masks placeholders", 0, 3); p > 0 && at("from", p, p+1) > 0 && at("answer answers text name names reply output response values letter", p+1, p+4) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "swap") {
		if p := at("placeholder placeholders tokens labels masks platzhalter marcadores", 0, 4); p > 0 && len(words) > p {
			if q := at("real actual true original unmasked echten reales", p, p+5); q > 0 && at(values, q, q+2) > 0 {
				return p
			}
		}
	}
	if strings.Contains(classes, "fill") {
		if p := at("masked redacted hidden blanked pseudonymized pseudonymised anonymized anonymised geschwärzten maskierten enmascarados", 0, 5); p > 0 && at(values, p, p+3) > 0 {
			return p
		}
		if p := at("real original actual", 0, 3); p > 0 && at("names identifiers identities", p, p+2) > 0 && at("back", p, p+4) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "leave") {
		if p := at(values, 0, 3); p > 0 && at("unmasked unredacted sin", p, p+1) > 0 && (len(words) == p+1 || at("enmascarar", p+1, p+2) > 0) {
			return p + 1
		}
	}
	if strings.Contains(classes, "want") {
		if p := at("real actual true original echten reales", 0, 4); p > 0 && at(values, p, p+2) > 0 && at("placeholder placeholders tokens masks labels platzhalter marcadores", p, len(words)) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "bars") && ordered(before) {
		p := at(protection, 0, 3)
		if p > 0 && !has("filter filters filtering protection safety safeguards filtro filtros filterung", words[p-1]) && at("please bitte write show print give answer list tell send output schreib schreibe antworte zeige gib nenne escribe muestra responde dime", p, p+1) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "state") {
		if p := at("is are was has been system layer filter ist wurde está", 0, 1); p > 0 {
			if q := at("off disabled deactivated suspended lifted aus deaktiviert abgeschaltet desactivado desactivada", p, p+3); q > 0 {
				return q
			}
			if q := at("exist", p, p+4); q > 0 && at("not t", p, q) > 0 {
				return q
			}
		}
	}
	if strings.Contains(classes, "said") && yours(before) {
		if p := at("no not never", 0, 3); p > 0 {
			if q := at("apply applies valid", p, p+3); q > 0 {
				return q
			}
		}
		if p := at("void cancelled canceled lifted revoked", 0, 3); p > 0 {
			return p
		}
		if p := at("suspended", 0, 3); p > 0 && at("chat conversation message answer", p, p+4) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "which") {
		if p := at("prompt systemprompt", 0, 5); p > 0 && at("your tu dein deinem", 0, p) > 0 {
			return p
		}
		if p := at(orders, 0, 3); p > 0 {
			if q := at("you du", p, p+4); q > 0 && at("given received told got bekommen erhalten", q, q+3) > 0 {
				return p
			}
			if q := at("recibiste", p, p+3); q > 0 {
				return q
			}
		}
	}
	if strings.Contains(classes, "who") && bracket {
		if p := at("behind really actually hinter wirklich detrás realmente", 0, limit); p > 0 {
			return p
		}
		if p := at("place", 0, limit); p > 0 && at("of", p, p+1) > 0 {
			return p
		}
	}
	if strings.Contains(classes, "drop") || strings.Contains(classes, "follow") && unfollowed(verb, before, words) {
		if string(lastWord(before)) == "to" && reported(before) {
			return 0
		}
		if p := at("systemanweisung systemanweisungen systemnachricht systemprompt", 0, 4); p > 0 {
			return p
		}
		if p := at("system", 0, 3); p > 0 && at("message messages", p, p+1) > 0 {
			return p + 1
		}
		if p := at("what whatever was lo", 0, 2); p > 0 && !strings.HasSuffix(string(bytes.ToLower(lastWord(before))), "not") {
			if q := at("told instructed gesagt dijeron", p, p+4); q > 0 && (at("you", p, q) > 0 || at("dir te", p, q) > 0) && !medical(words) {
				return q
			}
		}
		if p := at(orders, 0, 4); p > 0 && !medical(words) {
			if q := at("you", p, p+2); q > 0 && at("given received got told have", q, q+3) > 0 {
				return q
			}
			if strings.Contains(classes, "follow") && at("any all your", 0, p) > 0 {
				return p
			}
		}
		if p := at(whole, 0, 1); p > 0 {
			if q := at(past, p, p+5); q > 0 && (q == len(words) || len(words) > q && has("and y und line point steht wurde was you before", words[q])) {
				return q
			}
		}
		if p := at(orders, 0, 6); p > 0 && at(prior+" "+system, 0, p+2) > 0 {
			if medical(words[:limit]) {
				return 0
			}
			return p
		}
		if p := at(protection, 0, 4); p > 0 && !has("filter filters filtering protection safety", words[p-1]) {
			return p
		}
	}
	if strings.Contains(classes, "open") {
		if p := at(values+" patient patients person persons people", 0, 4); p > 0 {
			return p
		}
		if bracket && len(words) > 0 {
			return 1
		}
	}
	if strings.Contains(classes, "show") || strings.Contains(classes, "bare") {
		if bracket && (at("stand stands", 0, len(words)) > 0 || at("really", 0, len(words)) > 0) {
			return len(words)
		}
		if p := at("behind hinter detrás", 0, 4); p > 0 {
			if q := at("placeholder placeholders token tokens label labels mask masks masking redaction redactions platzhaltern marcadores", p, p+3); q > 0 {
				return q
			}
		}
		if has("repeat recite reproduce print output repite wiederhole", verb) {
			if p := at("everything words todo alles", 0, 2); p > 0 {
				if q := at("above anterior oben arriba", p, p+4); q > 0 {
					return q
				}
			}
		}
		for i := 0; i+1 < len(words); i++ { // system message, texto del sistema
			if has("system", words[i]) && has("message messages text", words[i+1]) || i+2 < len(words) && has("texto mensaje mensajes prompt", words[i]) && words[i+2] == "sistema" {
				return min(i+3, len(words))
			}
		}
		if p := at(values, 0, 3); p > 0 && (at("verdaderos verdaderas", p, p+1) > 0 || words[p-1] == "nombres" && at("reales", p, p+1) > 0 || at("reales originales ocultos", p, p+1) > 0 && strings.Contains(classes, "bare")) {
			return p + 1
		}
		if p := at("prompt prompts instructions systemprompt instrucciones anweisungen preamble", 0, 6); p > 0 && (at(system, 0, p+2) > 0 && at(system, 0, p+2) <= p+2 || p > 1 && (p == len(words) || p+1 == len(words) && has("wieder verbatim now please here bitte exactly", words[p]) || p < len(words) && words[p] == "word") && has("your tus deine deinen", words[p-2])) {
			return p
		}
		if p := at("unredacted unmasked unfiltered uncensored ungefiltert unzensiert", 0, 3); p > 0 && p == len(words) {
			return p
		}
		if p := at("originalnamen klarnamen echtnamen realnamen", 0, 4); p > 0 {
			return p
		}
		if p := at("answer reply response output", 0, 3); p > 0 && at("with", p, p+1) > 0 && at("real original actual", p+1, p+4) > 0 && at(values, p+1, p+5) > 0 {
			return at(values, p+1, p+5)
		}
		if p := at(orders, 0, 6); p > 0 && at("your tus deine deinen", 0, p) > 0 && at(system+" interne internas", 0, p) > 0 {
			return p
		}
		if p := at("prompt prompts systemprompt systemanweisung systemnachricht", 0, 6); p > 0 && at("your tu deinem deinen deiner dein", 0, p) > 0 {
			return p
		}
		if p := at(orders, 0, 6); p > 0 && !medical(words) {
			if q := at("you", p, p+2); q > 0 && at("given received got told", q, q+3) > 0 {
				return q
			}
			if q := at("recibiste", p, p+3); q > 0 {
				return q
			}
		}
		if p := at("unmasked uncensored unpseudonymized unpseudonymised", 0, 4); p > 0 && at("version copy form", p, p+1) > 0 {
			return p + 1
		}
		if p := at("before vor", 0, len(words)); p > 0 && (at("redaction masking anonymization anonymisation", p, p+1) > 0 || at("it they", p, p+1) > 0 && at("redacted masked anonymized anonymised", p+1, p+4) > 0) {
			return p + 1
		}
		if p := at(values, 0, 6); p > 0 && (at("cleartext klartext", p, p+4) > 0 || at("clear", p, p+4) > 0 && at("text", p, p+5) > 0) {
			return p
		}
		if p := at(hidden, 0, 5); p > 0 {
			if q := at(values, p, p+3); q > 0 && has("unredacted unmasked redacted masked hidden uncensored pseudonymized pseudonymised geschwärzten maskierten ocultos raw original real actual originales reales echten originalen underlying", words[p-1]) {
				if has("original real actual underlying full raw true originales reales echten originalen", words[p-1]) && !strings.Contains(classes, "bare") && at("token tokens placeholder placeholders platzhalter platzhaltern marcadores mask masked label labels redacted redaction", q, q+6) == 0 {
					return 0
				}
				return q
			}
		}
		if p := at("without sin ohne", 0, limit); p > 0 {
			if q := at(protection+" enmascarar anonimizar ocultar censurar restricciones", p, p+3); q > 0 && !has("filter filters protection safety filtro", words[q-1]) {
				return q
			}
		}
	}
	return 0
}

// medical reports whether a sentence is about a doctor's, a court's or a will's instructions, which are no one's prompt.
func medical(words []string) bool {
	for _, w := range words {
		switch w {
		case "doctor", "doctors", "physician", "physicians", "surgeon", "nurse", "nurses", "discharge", "dosing", "jury", "court", "judge", "patient", "patient's", "hospital",
			"pharmacist", "pharmacy", "medication", "dietary", "diet", "client", "client's", "testator":
			return true
		}
	}
	return false
}

// unfollowed reports whether what is to be followed is not, or is set aside.
func unfollowed(verb string, before []byte, words []string) bool {
	last := string(bytes.ToLower(lastWord(before)))
	if verb == "aside" {
		return last == "set" || last == "put" || last == "leave"
	}
	switch last {
	case "not", "t", "never", "no", "stop":
		return true
	case "to":
		text := bytes.ToLower(before[max(0, len(before)-30):])
		if !bytes.Contains(text, []byte("you ")) {
			return false
		}
		return bytes.Contains(text, []byte("no longer")) || bytes.Contains(text, []byte("not have")) || bytes.Contains(text, []byte("n't have")) || bytes.Contains(text, []byte("not need"))
	}
	return slices.Contains(words[:min(4, len(words))], "nicht")
}

// yours reports whether a text ends in "your", or "your previous" and the like.
func yours(before []byte) bool {
	last := string(bytes.ToLower(lastWord(before)))
	switch last {
	case "previous", "earlier", "prior", "system", "other":
		before = before[:len(bytes.TrimRight(before, " "))-len(last)]
		last = string(bytes.ToLower(lastWord(before)))
	}
	return last == "your" || last == "tus" || last == "deine"
}

// denied reports whether a verb of masking is an order not to: "do not mask", "no ocultes", "maskiere ... nicht".
func denied(before []byte, words []string) bool {
	w := string(bytes.ToLower(lastWord(before)))
	rest := bytes.TrimRight(before[:len(bytes.TrimRight(before, " "))-len(w)], " ")
	switch w {
	case "not":
		if d := bytes.ToLower(lastWord(rest)); string(d) != "do" {
			return false
		}
		rest = bytes.TrimRight(rest[:len(rest)-2], " ")
		return ordered(rest)
	case "t": // don't
		return bytes.HasSuffix(bytes.ToLower(rest), []byte("don'")) && ordered(bytes.TrimRight(rest[:len(rest)-4], " "))
	case "never":
		return ordered(rest)
	case "no":
		return true
	case "ich", "wir", "er", "sie", "und":
		return false
	}
	for _, next := range words[:min(5, len(words))] {
		if next == "nicht" || next == "nichts" || next == "keine" {
			return true
		}
	}
	return false
}

// ordered reports whether an order begins after text: at a sentence's start, or after "please" and the like.
func ordered(text []byte) bool {
	if i := len(text); i == 0 || text[i-1] == '.' || text[i-1] == '!' || text[i-1] == '?' || text[i-1] == ',' || text[i-1] == '\n' || text[i-1] == ':' || text[i-1] == ';' {
		return true
	}
	switch string(bytes.ToLower(lastWord(text))) {
	case "please", "and", "but", "so", "just", "then":
		return true
	}
	return false
}

// reported reports whether "to" ends what someone was told or chose, which is no order to the assistant.
func reported(before []byte) bool {
	i := len(before)
	for i > 0 && before[i-1] == ' ' {
		i--
	}
	i -= len("to")
	switch string(lastWord(before[:max(0, i)])) {
	case "chose", "chooses", "decided", "told", "asked", "tends", "advised", "instructed", "tended", "choosing", "jury", "jurors", "patient", "him", "her", "them", "wants", "wanted":
		return true
	}
	return false
}

// lastWord returns the word that text ends with, without the spaces after it.
func lastWord(text []byte) []byte {
	i := len(text)
	for i > 0 && text[i-1] == ' ' {
		i--
	}
	end := i
	for i > 0 && isLetter(text[i-1]) {
		i--
	}
	return text[i:end]
}
