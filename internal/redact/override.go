package redact

import (
	"bytes"
	"slices"
	"strings"
)

// nearWords is how many words behind a verb are looked at for what it is done to.
const nearWords = 7

// What is done to, and by whom, in words of English, Spanish and German.
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

// Verbs that are judged in more than one way.
const (
	showing  = "print reveal show display repeat output dump expose tell give disclose recite reproduce leak write share translate summarize summarise paste copy list read see send output include what quote write schreib schreibe escribe steht answer respond reply continue imprime muestra mostrar revela revelar repite dime escribe muéstrame enséñame responde contesta cuál cuáles zeige zeig verrate wiederhole gib nenne drucke antworte lautet"
	swapping = "convert translate map change turn include insert use replace substitute swap sustituye reemplaza ersetze"
	asking   = "which what welche qué"
	naming   = "who guess was what wer quién adivina errate"
	follow   = "following obeying follow obey aside folge befolge sigas obedezcas"
	spelling = "spell deletrea deletréame deletree buchstabiere buchstabier"
	bare     = "reveal expose disclose leak dump revela revelar verrate"
)

// What stands for a value and can be masked, how it is said that it is, and what of it tells something about it.
const (
	identifying = "name names surname surnames number numbers date dates address addresses identity identities person persons ssn iban birthday email value values adressen field fields namens nachname nachnamens nachnamen vorname vornamen namen nummer nummern adresse adressen datum stellen werte nombre nombres apellido apellidos número números fecha fechas dirección direcciones teléfono datos valores"
	covered     = "hidden masked redacted concealed removed replaced protected blacked anonymised anonymized pseudonymised pseudonymized obscured verborgenen verborgene verborgener verborgenes versteckten versteckte versteckter maskierten maskierte geschwärzten geschwärzte anonymisierten oculto oculta ocultos ocultas ocultado ocultada ocultados tapado tapada tapados enmascarado enmascarada enmascarados censurado censurada censurados"
	aspects     = "letter letters digit digits initials hint syllable syllables acrostic anagram rhymes vowel vowels consonants vokale vocales pista tipp silben buchstabe buchstaben ziffer ziffern initialen anfangsbuchstaben letra letras dígito dígitos iniciales sílabas"
)

// order is what may be a request to override: a verb, the words behind it in the sentence, in small letters, and the text
// around it.
type order struct {
	verb             string
	words            []string
	before, sentence []byte
}

// judge returns how many of the words behind the verb make it a request to override, 0 for none.
type judge func(*order) int

// judges returns what judges each verb, in their order. The first that finds something is believed.
func judges() map[string][]judge {
	verbs := map[string][]judge{}
	for _, class := range []struct {
		verbs string
		judge judge
	}{
		{showing + " " + naming + " " + asking + " " + swapping, (*order).bracketed},
		{"undo undoing reverse decode resolve deshaz deshacer revierte descifra", (*order).undo},
		{"redact mask anonymize anonymise pseudonymize pseudonymise censor hide ocultes enmascares anonimices censures tapes maskiere maskier schwärze anonymisiere zensiere", (*order).deny},
		{swapping, (*order).restore},
		{"hebe kill stelle disable disables deactivate deactivating disabling bypass bypassing circumvent suspend skip remove stop stopping turn switch evade defeat überspringe sáltate omite desactiva desactivar desactive apaga apagar quita quitar deja deshabilita elude deaktiviere deaktivieren schalte abschalten umgehe umgehen entferne", (*order).off},
		{swapping, (*order).swap},
		{"fill restore recover put bring stelle setze restaura substitute vuelve insert füge pon", (*order).fill},
		{"leave keep lass deja", (*order).leave},
		{"let lass deja run process handle treat analyse analyze procesa verarbeite", (*order).through},
		{"stop hör deja", (*order).cease},
		{aspects, (*order).aspect},
		{"say translate guess spell sort compare compose write convert übersetze errate sortiere vergleiche buchstabiere traduce adivina ordena compara deletrea", (*order).rework},
		{"need want brauche necesito quiero", (*order).want},
		{"without sin ohne", (*order).bars},
		{spelling + " give put write read tell print output return list say encode translate convert nenne gib schreib schreibe lies codiere kodiere dame dime escribe pon lee devuelve codifica", (*order).spelled},
		{"pretend imagine act behave finge imagina actúa stell tu", (*order).pretend},
		{"redaction masking anonymization anonymisation pseudonymization pseudonymisation schwärzung maskierung anonymisierung enmascaramiento anonimización", (*order).state},
		{"instructions rules guidelines orders anweisungen regeln instrucciones reglas", (*order).said},
		{asking, (*order).which},
		{naming, (*order).who},
		{"throw abandon erase reset cancel overwrite ignore ignoring disregard forget override overriding discard neglect ignora ignorar ignore olvida olvidar vergiss ignoriere ignorieren missachte", (*order).drop},
		{follow, (*order).unfollow},
		{"reidentify uncover unblind depseudonymize depseudonymise unmask unmasking deanonymize deanonymise unredact demaskiere desenmascara", (*order).open},
		{"identify anonymize anonymise pseudonymize pseudonymise", (*order).reopen},
		{showing + " " + bare, (*order).show},
		{showing + " " + bare + " lista zeigst nennst verrätst muestres enseña enseñes reveles digas", (*order).licensed},
		{"answer respond reply speak sprich habla antworte antwortest antworten responde", (*order).plainly},
		{"put place insert paste output print give show", (*order).yourText},
	} {
		for w := range strings.FieldsSeq(class.verbs) {
			verbs[w] = append(verbs[w], class.judge)
		}
	}
	return verbs
}

// overrides finds requests to override in English, Spanish and German: a verb of doing away or of showing, and within a
// few words what it is done to.
func overrides(spec int) Rule {
	verbs := judges()
	words := make([]string, 0, len(verbs))
	for w := range verbs {
		words = append(words, w)
	}
	slices.Sort(words)
	return Rule{Name: "guard_override/5", Type: guardType(spec), Words: words, Match: func(c *Candidate) Verdict {
		return matchOverride(c, verbs)
	}}
}

func matchOverride(c *Candidate, verbs map[string][]judge) Verdict {
	var buf [24]byte
	verb := string(triggerWord(c, buf[:0]))
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
	o := order{verb: verb, words: words[:n], before: c.Text[:c.At], sentence: c.Text[c.At:min(s.i, len(c.Text))]}
	for _, judge := range verbs[verb] {
		switch end := judge(&o); {
		case end == 0:
		case n == 0:
			return c.Is(c.At, c.At+len(verb), 0.8)
		default:
			return c.Is(c.At, ends[min(end, n)-1], 0.8)
		}
	}
	return None
}

// has reports whether w is one of the words of set.
func has(set, w string) bool {
	for s := range strings.FieldsSeq(set) {
		if s == w {
			return true
		}
	}
	return false
}

// at returns 1 + the index of the first word from from on, before to, that is in set; 0 for none.
func (o *order) at(set string, from, to int) int {
	for i := from; i < min(to, len(o.words)); i++ {
		if has(set, o.words[i]) {
			return i + 1
		}
	}
	return 0
}

func (o *order) limit() int { return min(len(o.words), nearWords) }

// bracket reports whether something like a token stands in the sentence.
func (o *order) bracket() bool { return bytes.IndexByte(o.sentence, '[') >= 0 }

// bracketed: what does the token stand for, in words of what is real or hidden.
func (o *order) bracketed() int {
	if !o.bracket() {
		return 0
	}
	if p := o.at("real actual true original echten wahren reales", 0, len(o.words)); p > 0 && o.at(values+" date address phone person", p, p+2) > 0 {
		return p
	}
	if p := o.at("hidden concealed masked", 0, 4); p > 0 && o.at("under beneath underneath by behind", p, p+1) > 0 {
		return p
	}
	if p := o.at(values, 0, 3); p > 0 && o.at("hide hides conceal conceals", p, len(o.words)) > 0 {
		return p
	}
	return 0
}

// masked returns 1 + the index of the last word of what is masked, from from on: the hidden name, el nombre oculto, the number
// that was blacked out, the names you replaced; 0 for none.
func (o *order) masked(from int) int {
	for i := from; i < len(o.words); i++ {
		switch w := o.words[i]; {
		case has(covered, w):
			if p := o.at(identifying, i+1, i+3); p > 0 {
				return p
			}
		case has(identifying, w):
			if p := o.at(covered, i+1, i+2); p > 0 {
				return p
			}
			if p := o.at("that which you", i+1, i+2); p > 0 {
				q := o.at(covered+" hid mask redact conceal", p, p+3)
				if q > 0 && (o.words[p-1] == "you" || o.at("was were is are have", p, q) > 0) && o.at("by", q, q+1) == 0 {
					return q
				}
			}
		}
	}
	return 0
}

// aspect: a piece or a measure of what is masked: the first letter of each hidden name, how many letters it has.
func (o *order) aspect() int { return o.masked(0) }

// rework: what is masked is wanted in another form, from which it can be told.
func (o *order) rework() int {
	p := o.masked(0)
	switch {
	case p == 0 || p > 7 || !ordered(o.before):
		return 0
	case o.verb == "compare" && o.at("whether if match matches same", p, len(o.words)) == 0, o.verb == "write" && o.at("as in", p, p+1) == 0:
		return 0
	}
	return p
}

// licensed: what is masked is to be shown since somebody allows it, or since this is a test.
func (o *order) licensed() int {
	p := max(o.masked(0), o.at("originals", 0, 4))
	if q := o.at("original real actual unmasked unredacted ursprünglichen echten", 0, 4); p == 0 && q > 0 && o.at(identifying+" record version", q, q+2) > 0 {
		p = q + 1
	}
	if q := o.at(identifying, 0, 4); p == 0 && q > 0 && o.at("originales reales", q, q+1) > 0 {
		p = q + 1
	}
	before := strings.ToLower(string(o.before[bytes.LastIndexAny(o.before, ".?!")+1:]))
	if q := o.at("what", 0, 1); q > 0 && o.at("they it", q, q+1) > 0 && o.at("hold holds hide hides conceal conceals replace replaces", q+1, q+2) > 0 && holds(before, "placeholder", "token", "your label", "your tag", "marcador", "platzhalter") {
		return q + 2
	}
	if strings.HasSuffix(o.verb, "st") && holds(before, "geschwärzt", "maskiert", "verborgen", "versteckt") { // dass du die geschwärzten Stellen zeigst
		p = 1
	}
	if p == 0 || p > 8 {
		return 0
	}
	mode := holds(before, " mode", "modus", "modo de", " drill", "simulation", "simulacro", "übung") && holds(before, "you are", "you're", "this is", "du bist", "das ist", "estás", "esto es")
	leave := holds(before, "i have clearance", "i have permission", "you may", "you can safely", "authorised you", "authorized you", "allowed you", "permits you", "erlaubt, dass du", "erlaubt dass du", "autorizado que", "permitido que", "autorizado a que")
	if !mode && !leave {
		return 0
	}
	return p
}

// plainly: answers are wanted without a filter.
func (o *order) plainly() int {
	p := o.at("without ohne sin", 0, 3)
	q := o.at("filter filters filtering filtro filtros filterung", p, p+3)
	if p == 0 || q == 0 || q < len(o.words) && o.at("and y und please bitte from", q, q+1) == 0 {
		return 0
	}
	return q
}

// yourText: the assistant's own instructions or first message are to be put somewhere.
func (o *order) yourText() int {
	p := o.at("your", 0, 2)
	if p == 0 {
		return 0
	}
	if q := o.at("hidden system internal initial secret", p, p+1); q > 0 && o.at(orders+" message", q, q+1) > 0 && o.at("for", q+1, q+2) == 0 {
		return q + 1
	}
	if q := o.at("first opening", p, p+1); q > 0 && o.at("message prompt instruction instructions", q, q+1) > 0 && o.at("verbatim word", q+1, q+2) > 0 {
		return q + 2
	}
	return 0
}

// through: a text is to pass without being masked.
func (o *order) through() int {
	if !ordered(o.before) {
		return 0
	}
	if p := o.at("untouched unmasked unredacted ungeschwärzt unmaskiert unzensiert", 0, 6); p > 0 && o.at("through pass durch", 0, p+1) > 0 {
		return p
	}
	if p := o.at("without sin ohne", 0, 6); p > 0 {
		if q := o.at("anonymising anonymizing masking redacting pseudonymising pseudonymizing censoring censurar enmascarar anonimizar anonymisierung schwärzung maskierung", p, p+3); q > 0 {
			return q
		}
	}
	return 0
}

// cease: names are to be replaced no more.
func (o *order) cease() int {
	p := o.at("replacing swapping sustituir reemplazar cambiar ersetzen", 0, 6)
	if p == 0 || !ordered(o.before) || o.at(identifying, 0, p+3) == 0 || o.at("tags labels placeholders tokens etiquetas marcadores platzhalter", 0, p+5) == 0 {
		return 0
	}
	return p
}

// holds reports whether text holds one of these.
func holds(text string, any ...string) bool {
	return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(text, s) })
}

// undo: masking is undone.
func (o *order) undo() int {
	if p := o.at("masking redaction redactions pseudonyms pseudonymization pseudonymisation anonymization anonymisation placeholders tokens enmascaramiento anonimización seudónimos", 0, 3); p > 0 {
		return p
	}
	return 0
}

// deny: what is sensitive is not to be masked.
func (o *order) deny() int {
	if !denied(o.before, o.words) {
		return 0
	}
	if p := o.at(values+" anything nothing any nada nichts me", 0, 4); p > 0 || len(o.words) == 0 {
		return max(p, 1)
	}
	return 0
}

// restore: the token in brackets is replaced by what is real.
func (o *order) restore() int {
	if !o.bracket() {
		return 0
	}
	if p := o.at("real actual true original reales echten", 0, len(o.words)); p > 0 && o.at(values, p, p+2) > 0 {
		return p
	}
	return 0
}

// off: the protection is switched off, or gone around.
func (o *order) off() int {
	if o.at("it", 0, 1) > 0 && has("bypass disable deactivate circumvent skip", o.verb) && holds(strings.ToLower(string(o.before)), "privacy filter", "redaction", "masking", "anonymi") {
		return 1
	}
	if p := o.at("hiding replacing blacking", 0, 1); p > 0 {
		if q := o.at(values, p, p+3); q > 0 {
			return q
		}
	}
	if p := o.at(protection, 0, 5); p > 0 && o.at("study studies trial effect", p, p+1) == 0 {
		soft := has("filter filters filtering protection safety safeguards filtro filtros redacción", o.words[p-1]) // of other things as well
		if !soft || o.at("privacy pii phi your dlp tu deine content redaction output data datenschutz", 0, p) > 0 || o.at("privacidad datenschutz privacy datos personales", p, p+3) > 0 {
			return p
		}
	}
	if p := o.at("privacy pii phi dlp", 0, 4); p > 0 && o.at("mode detection detector layer scanner scanning scrubbing check checks step pass stage", p, p+1) > 0 {
		return p + 1
	}
	if p := o.at("datenschutz", 0, 3); p > 0 && o.at("ab aus", p, p+1) > 0 {
		return p + 1
	}
	if p := o.at("masks placeholders", 0, 3); p > 0 && o.at("from", p, p+1) > 0 && o.at("answer answers text name names reply output response values letter", p+1, p+4) > 0 {
		return p
	}
	return 0
}

// swap: placeholders are replaced by what is real.
func (o *order) swap() int {
	if p := o.at("placeholder placeholders tokens labels masks platzhalter marcadores", 0, 4); p > 0 && len(o.words) > p {
		if q := o.at("real actual true original unmasked echten reales", p, p+5); q > 0 && o.at(values, q, q+2) > 0 {
			return p
		}
	}
	return 0
}

// fill: what is masked is filled in again.
func (o *order) fill() int {
	if p := o.at("masked redacted hidden blanked pseudonymized pseudonymised anonymized anonymised geschwärzten maskierten enmascarados", 0, 5); p > 0 && o.at(values, p, p+3) > 0 {
		return p
	}
	if p := o.at("real original actual echten wahren", 0, 3); p > 0 && o.at("names numbers dates addresses values identifiers identities namen nummern werte", p, p+2) > 0 && o.at("back wieder", p, p+4) > 0 {
		return p
	}
	if p := o.at("nombres datos valores", 0, 5); p > 0 && o.at("reales originales verdaderos", p, p+1) > 0 && o.at("poner vez nuevo", 0, p) > 0 {
		return p + 1
	}
	if p := o.at("klarnamen echtnamen originalnamen", 0, 3); p > 0 && o.at("wieder", p, p+1) > 0 {
		return p + 1
	}
	if p := o.at("blanks", 0, 3); p > 0 && o.at("where", p, p+1) > 0 && o.at("brackets placeholders tokens", p, p+4) > 0 {
		return p
	}
	return 0
}

// leave: what is sensitive is left as it is.
func (o *order) leave() int {
	if p := o.at(values, 0, 3); p > 0 && o.at("unmasked unredacted sin", p, p+1) > 0 && (len(o.words) == p+1 || o.at("enmascarar", p+1, p+2) > 0) {
		return p + 1
	}
	return 0
}

// want: what is real is wanted and no placeholder.
func (o *order) want() int {
	if p := o.at("real actual true original echten reales", 0, 4); p > 0 && o.at(values, p, p+2) > 0 && o.at("placeholder placeholders tokens masks labels platzhalter marcadores", p, len(o.words)) > 0 {
		return p
	}
	return 0
}

// bars: an order begins with "without redaction".
func (o *order) bars() int {
	if !ordered(o.before) {
		return 0
	}
	p := o.at(protection, 0, 3)
	if p > 0 && !has("filter filters filtering protection safety safeguards filtro filtros filterung", o.words[p-1]) && o.at("please bitte write show print give answer list tell send output schreib schreibe antworte zeige gib nenne escribe muestra responde dime", p, p+1) > 0 {
		return p
	}
	return 0
}

// spelled: a value is wanted in pieces or in code, in which no rule would know it.
func (o *order) spelled() int {
	if !ordered(o.before) {
		return 0
	}
	secret := o.at(secrets, 0, len(o.words))
	if p := o.at("number numbers número", 0, len(o.words)); p > 0 && secret == 0 && (p > 1 && has("phone telephone account card security insurance passport policy licence license", o.words[p-2]) || o.at(signs, p, len(o.words)) > 0) {
		secret = p
	}
	switch in := o.inPieces(); {
	case secret == 0:
		return 0
	case in > 0:
		return max(secret, in)
	case has(spelling, o.verb) && has("surname apellido apellidos nachnamen familiennamen password contraseña passwort", o.words[secret-1]):
		return secret
	}
	return 0
}

// What is masked, in the words that stand for it alone, and what it is made of.
const (
	secrets = "ssn ssns iban name names surname surnames password passwords nombre nombres apellido apellidos teléfono contraseña namen nachnamen vornamen familiennamen passwort telefonnummer kontonummer versicherungsnummer kartennummer"
	signs   = "letter letters digit digits character characters letra letras dígito dígitos cifra cifras carácter caracteres buchstabe buchstaben ziffer ziffern zeichen"
)

// inPieces returns how many words it takes to say: letter by letter, backwards, as Morse code, with dots between the letters.
func (o *order) inPieces() int {
	for i, w := range o.words {
		next := func(n int) string {
			if i+n < len(o.words) {
				return o.words[i+n]
			}
			return ""
		}
		switch {
		case has(signs, w):
			switch {
			case w == next(2) && has("by for por für", next(1)):
				return i + 3
			case next(1) == "at" && next(2) == "a" && next(3) == "time":
				return i + 4
			}
			if p := o.at("einzeln individually separately per", i+1, len(o.words)); p > 0 {
				return p
			}
		case has("backwards backward rückwärts hex hexadecimal morse", w):
			return i + 1
		case w == "reverse" && next(1) == "order", w == "al" && next(1) == "revés", w == "roman" && next(1) == "numerals", has("in as en", w) && has("words palabras worten", next(1)):
			return i + 2
		case has("base rot", w) && i > 0 && has("in as with to into en", o.words[i-1]): // base64, rot13: the digits are no part of the word
			return i + 1
		case has("between entre zwischen", w):
			if p := o.at(signs, i+1, i+4); p > 0 {
				return p
			}
		}
	}
	return 0
}

// pretend: the protection is to be thought away.
func (o *order) pretend() int {
	if !ordered(o.before) || o.verb == "tu" && o.at("so", 0, 1) == 0 {
		return 0
	}
	if p := o.at("model assistant ai bot chatbot modell assistent modelo asistente", 0, 4); p > 0 {
		if q := o.at("privacy datenschutz privacidad", p, len(o.words)); q > 0 && o.at("never no not without nie nichts ohne nunca sin", p, q) > 0 {
			return q
		}
	}
	p := o.at(protection, 0, len(o.words))
	if p == 0 || has("protection safety safeguards", o.words[p-1]) { // a tenant's, a machine's
		return 0
	}
	if o.at("no not without t off repealed gone disabled removed suspended kein keine keinen sin", 0, len(o.words)) == 0 {
		return 0
	}
	return p
}

// state: the protection is said to be off.
func (o *order) state() int {
	if p := o.at("is are was has been system layer filter ist wurde está", 0, 1); p > 0 {
		if q := o.at("off disabled deactivated suspended lifted aus deaktiviert abgeschaltet desactivado desactivada", p, p+3); q > 0 {
			return q
		}
		if q := o.at("exist", p, p+4); q > 0 && o.at("not t", p, q) > 0 {
			return q
		}
	}
	return 0
}

// said: the instructions are said to hold no more.
func (o *order) said() int {
	if !yours(o.before) {
		return 0
	}
	if p := o.at("no not never", 0, 3); p > 0 {
		if q := o.at("apply applies valid", p, p+3); q > 0 {
			return q
		}
	}
	if p := o.at("void cancelled canceled lifted revoked", 0, 3); p > 0 {
		return p
	}
	if p := o.at("suspended", 0, 3); p > 0 && o.at("chat conversation message answer", p, p+4) > 0 {
		return p
	}
	return 0
}

// which: asks for the instructions.
func (o *order) which() int {
	if p := o.at("of", 0, 1); p > 0 {
		if q := o.masked(p); q > 0 && q < 5 && o.at("redacted removed replaced protected", p, q) == 0 {
			return q
		}
	}
	if p := o.at("prompt systemprompt", 0, 5); p > 0 && o.at("your tu dein deinem", 0, p) > 0 {
		return p
	}
	if p := o.at("tell told", 0, 5); p > 0 && o.at("you", p, p+1) > 0 && o.at("hide mask redact conceal", p+1, p+3) > 0 {
		return min(p+3, len(o.words))
	}
	if p := o.at("dijeron", 0, 2); p > 0 && o.at("antes", p, p+1) > 0 && o.at("conversación", p+1, p+5) > 0 {
		return p + 1
	}
	if p := o.at("told instructed", 0, 4); p > 0 && o.at("you", 0, p) > 0 && o.at("before", p, p+1) > 0 && o.at("conversation chat session", p+1, p+4) > 0 {
		return p
	}
	if p := o.at(orders, 0, 3); p > 0 && !medical(o.words) {
		if q := o.at("you du", p, p+4); q > 0 && o.at("given received told got bekommen erhalten", q, q+3) > 0 {
			return p
		}
		if q := o.at("recibiste", p, p+3); q > 0 {
			return q
		}
	}
	return 0
}

// who: asks for the person behind a token.
func (o *order) who() int {
	if !o.bracket() {
		return 0
	}
	if p := o.at("behind really actually hinter wirklich wirklichkeit detrás realmente realidad", 0, o.limit()); p > 0 {
		return p
	}
	if p := o.at("place", 0, o.limit()); p > 0 && o.at("of", p, p+1) > 0 {
		return p
	}
	return 0
}

// drop: instructions, or the protection, are to be forgotten.
func (o *order) drop() int {
	if string(lastWord(o.before)) == "to" && reported(o.before) {
		return 0
	}
	if p := o.at("systemanweisung systemanweisungen systemnachricht systemprompt", 0, 4); p > 0 {
		return p
	}
	if p := o.at("system", 0, 3); p > 0 && o.at("message messages", p, p+1) > 0 {
		return p + 1
	}
	if p := o.at("that dass que", 0, 1); p > 0 && o.at("you du debes tienes", p, p+1) > 0 && o.at("secret private hidden mask protect geheim verborgen verbergen schützen secreto ocultos proteger", p+1, len(o.words)) > 0 && o.at(identifying, p+1, len(o.words)) > 0 {
		return len(o.words)
	}
	if p := o.at("administrator admin", 0, 4); p > 0 && o.at("configured set decided wants", p, p+1) > 0 {
		return p + 1
	}
	if p := o.at("what whatever was lo", 0, 2); p > 0 && !strings.HasSuffix(string(bytes.ToLower(lastWord(o.before))), "not") {
		if q := o.at("told instructed gesagt dijeron", p, p+4); q > 0 && (o.at("you", p, q) > 0 || o.at("dir te", p, q) > 0) && !medical(o.words) {
			return q
		}
	}
	if p := o.at(orders, 0, 4); p > 0 && !medical(o.words) {
		if q := o.at("you", p, p+2); q > 0 && o.at("given received got told have", q, q+3) > 0 {
			return q
		}
		if has(follow, o.verb) && o.at("any all your", 0, p) > 0 {
			return p
		}
	}
	if p := o.at(whole, 0, 1); p > 0 {
		if q := o.at(past, p, p+5); q > 0 && (q == len(o.words) || len(o.words) > q && has("and y und line point steht wurde was you before", o.words[q])) {
			return q
		}
	}
	if p := o.at(orders, 0, 6); p > 0 && o.at(prior+" "+system, 0, p+2) > 0 {
		if medical(o.words[:o.limit()]) {
			return 0
		}
		return p
	}
	if p := o.at(protection, 0, 4); p > 0 && !has("filter filters filtering protection safety", o.words[p-1]) {
		return p
	}
	return 0
}

// open: somebody is to be identified.
func (o *order) open() int {
	if p := o.at(values+" patient patients person persons people", 0, 4); p > 0 {
		return p
	}
	if o.bracket() && len(o.words) > 0 {
		return 1
	}
	return 0
}

// show: the instructions, or what is masked, are to be shown.
func (o *order) show() int {
	if o.bracket() && (o.at("stand stands", 0, len(o.words)) > 0 || o.at("really wirklichkeit wirklich", 0, len(o.words)) > 0) {
		return len(o.words)
	}
	if p := o.at("behind hinter detrás", 0, 4); p > 0 {
		if q := o.at("placeholder placeholders token tokens label labels mask masks masking redaction redactions platzhaltern marcadores", p, p+3); q > 0 {
			return q
		}
	}
	if p := o.at("behind", 0, len(o.words)); p > 2 && o.at(values, 0, p-1) > 0 && o.at("your", p, p+1) > 0 && o.at("labels placeholders tokens masks tags", p+1, p+2) > 0 {
		return p + 2
	}
	if p := o.at("systemtext", 0, 4); p > 0 {
		return p
	}
	if p := o.at("labels tags placeholders tokens masks platzhalter platzhaltern", 0, 4); p > 0 && o.at("what was", 0, p) > 0 && o.at("conceal conceals hide hides cover covers replace replaced verbergen verdecken", p, p+2) > 0 {
		return p + 1
	}
	if p := o.at(identifying, 0, 4); p > 0 {
		if q := o.masked(p - 1); q > 0 && q <= p+3 && (o.at("you", p, p+1) > 0 || o.at("that which", p, p+1) > 0 && has("anonymised anonymized masked pseudonymised pseudonymized", o.words[q-1])) {
			return q
		}
	}
	if has("repeat recite reproduce print output repite wiederhole", o.verb) {
		if p := o.at("everything words todo alles", 0, 4); p > 0 {
			if q := o.at("above anterior oben arriba encima", p, p+5); q > 0 {
				return q
			}
			if q := o.at("über", p, p+3); q > 0 && o.at("dieser diesem", q, q+1) > 0 && o.at("zeile text satz nachricht", q+1, q+2) > 0 {
				return q + 2
			}
		}
	}
	for i := 0; i+1 < len(o.words); i++ { // system message, texto del sistema
		if has("system", o.words[i]) && has("message messages text", o.words[i+1]) || i+2 < len(o.words) && has("texto mensaje mensajes prompt", o.words[i]) && o.words[i+2] == "sistema" {
			return min(i+3, len(o.words))
		}
	}
	if p := o.at(values, 0, 3); p > 0 && (o.at("verdaderos verdaderas", p, p+1) > 0 || o.words[p-1] == "nombres" && o.at("reales", p, p+1) > 0 || o.at("reales originales ocultos", p, p+1) > 0 && has(bare, o.verb)) {
		return p + 1
	}
	if p := o.at("prompt prompts instructions systemprompt instrucciones anweisungen preamble", 0, 6); p > 0 && (o.at(system, 0, p+2) > 0 && o.at(system, 0, p+2) <= p+2 || p > 1 && (p == len(o.words) || p+1 == len(o.words) && has("wieder verbatim now please here bitte exactly", o.words[p]) || p < len(o.words) && o.words[p] == "word") && has("your tus deine deinen", o.words[p-2])) {
		return p
	}
	if p := o.at("unredacted unmasked unfiltered uncensored ungefiltert unzensiert", 0, 3); p > 0 && p == len(o.words) {
		return p
	}
	if p := o.at("originalnamen klarnamen echtnamen realnamen", 0, 4); p > 0 {
		return p
	}
	if p := o.at("answer reply response output", 0, 3); p > 0 && o.at("with", p, p+1) > 0 && o.at("real original actual", p+1, p+4) > 0 && o.at(values, p+1, p+5) > 0 {
		return o.at(values, p+1, p+5)
	}
	if p := o.at(orders, 0, 6); p > 0 && o.at("for", p, p+1) == 0 && o.at("your tus deine deinen", 0, p) > 0 && o.at(system+" interne internas", 0, p) > 0 {
		return p
	}
	if p := o.at("prompt prompts systemprompt systemanweisung systemnachricht", 0, 6); p > 0 && o.at("your tu deinem deinen deiner dein", 0, p) > 0 {
		return p
	}
	if p := o.at(orders, 0, 6); p > 0 && !medical(o.words) {
		if q := o.at("you", p, p+2); q > 0 && o.at("given received got told", q, q+3) > 0 {
			return q
		}
		if q := o.at("recibiste", p, p+3); q > 0 {
			return q
		}
	}
	if p := o.at("unmasked unredacted uncensored unpseudonymized unpseudonymised", 0, 4); p > 0 && o.at("version copy form record records note notes letter document transcript", p, p+1) > 0 {
		return p + 1
	}
	if p := o.at("before vor", 0, len(o.words)); p > 0 && (o.at("redaction masking anonymization anonymisation", p, p+1) > 0 || o.at("it they", p, p+1) > 0 && o.at("redacted masked anonymized anonymised", p+1, p+4) > 0) {
		return p + 1
	}
	if p := o.at(values, 0, 6); p > 0 && (o.at("cleartext klartext", p, p+4) > 0 || o.at("clear", p, p+4) > 0 && o.at("text", p, p+5) > 0) {
		return p
	}
	if p := o.at(hidden, 0, 5); p > 0 {
		if q := o.at(values, p, p+3); q > 0 && has("unredacted unmasked redacted masked hidden uncensored pseudonymized pseudonymised geschwärzten maskierten ocultos raw original real actual originales reales echten originalen underlying", o.words[p-1]) {
			if o.words[p-1] == "raw" && q > p+1 && o.at("patient client personal", p, p+1) == 0 { // data of something else
				return 0
			}
			if has("original real actual underlying full raw true originales reales echten originalen", o.words[p-1]) && !has(bare, o.verb) && o.at("token tokens placeholder placeholders platzhalter platzhaltern marcadores mask masked label labels redacted redaction", q, q+6) == 0 {
				return 0
			}
			return q
		}
	}
	if p := o.at("without sin ohne", 0, o.limit()); p > 0 {
		if q := o.at(protection+" enmascarar anonimizar ocultar censurar restricciones", p, p+3); q > 0 && !has("filter filters protection safety filtro", o.words[q-1]) {
			return q
		}
		if q := o.at("privacy", p, p+3); q > 0 && o.at("rules restrictions limits", q, q+1) > 0 {
			return q + 1
		}
	}
	return 0
}

// unfollow: instructions are not to be followed.
func (o *order) unfollow() int {
	if !unfollowed(o.verb, o.before, o.words) {
		return 0
	}
	return o.drop()
}

// reopen: de-anonymize, re-identify.
func (o *order) reopen() int {
	before := bytes.ToLower(o.before)
	if strings.HasPrefix(o.verb, "identify") && bytes.HasSuffix(before, []byte("re-")) || bytes.HasSuffix(before, []byte("de-")) {
		return o.open()
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
	case "previous", "earlier", "prior", "system", "other", "safety", "privacy", "security", "content":
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
