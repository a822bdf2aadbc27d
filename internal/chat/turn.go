// Package chat is one turn of a conversation, start to finish: the only place where the order of steps is written.
//
// policy -> redact the prompt -> read and redact its documents -> history pending -> audit intent (fsynced) -> model -> redact the answer -> reader ->
// history final -> audit outcome. Where the conversation does not fit and the user chose so, between the intent and the
// answer: model -> redact the summary -> audit summary -> history. Guarantees: no record, no inference; what is stored and what the model reads is the
// redacted prompt alone; a turn that began is closed, on stop, on a crash of the engine and on a cancelled context. What
// the policy pseudonymises is a token in all of these; only the reader sees its value, and the conversation's table of
// them is stored in one transaction with the text that needs it.
// It does not choose models, open stores or retry: the session does.
package chat

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// History keeps the conversation. *history.Store is the real one.
type History interface {
	Earlier(ctx context.Context, p history.Place) ([]history.Message, error)
	BeginTurn(ctx context.Context, t history.Turn) (history.Begun, error)
	SavePartial(ctx context.Context, turn history.TurnID, text, reasoning string, pseudonyms []byte) error
	FinishTurn(ctx context.Context, turn history.TurnID, o history.Outcome) error
	Summaries(ctx context.Context, id history.ConversationID) ([]history.Summary, error)
	SaveSummary(ctx context.Context, turn history.TurnID, s history.Summary, of []history.MessageID, pseudonyms []byte) error
}

// Record is the audit log. *audit.Log is the real one.
type Record interface {
	Append(e audit.Entry) (seq int64, err error)
	Healthy() error   // nil while it can be appended to
	UseReserve() bool // frees the space that was set aside, for what ends a turn on a full disk
}

// Model answers. The session's is a child process that it starts again when it has died.
type Model interface {
	Generate(ctx context.Context, r engine.Request, loading func(fraction float64), emit func(text string) error) (engine.Result, error)
}

// Desk is what a turn needs at hand. All fields must be set but those that say otherwise.
type Desk struct {
	History  History
	Record   Record
	Model    Model
	ModelID  string // SHA-256 of the model's plaintext, for the record
	Policy   policy.Policy
	Redactor *redact.Redactor
	Actor    string

	Generation func(context.Context) uint64 // of the history, for the record; may be nil

	// By policy. Each may be nil: then answers are handled as prompts are, and nothing is looked for or pseudonymised.
	Pseudonyms   *redact.Pseudonyms // the conversation's, as stored; nil: what would be pseudonymised is masked
	Answers      *redact.Redactor
	Guard        *redact.Guard // of prompts
	AnswersGuard *redact.Guard

	Documents Library // of the turn; nil: none

	stored int // tokens of Pseudonyms that history has
}

// Prompt is what the user sent. An empty Conversation starts a new one, named after the prompt. At most one of Edit,
// Again and Continue is set; for the latter two the prompt is the stored one, and Text is empty.
type Prompt struct {
	Conversation history.ConversationID
	Matter       history.MatterID  // of a new conversation; empty: General
	Edit         history.MessageID // send Text in place of this prompt; both stay
	Again        history.MessageID // answer once more, beside this answer
	Continue     history.MessageID // go on where this answer ended
	Text         string
	Instead      redact.Action // Mask: mask what the policy pseudonymises; Pseudonymise: the other way round
	Sampling     engine.Sampling
	MaxTokens    int  // 0: what the policy allows
	Temporary    bool // it is kept nowhere but on record, which says so: History is one that forgets
	LeaveOut     bool // the oldest messages, where the conversation does not fit into the model's context
	Summarise    bool // or have the model summarise them, once
	Think        bool // have the model think before it answers, where its template lets one choose

	Documents   []history.DocumentID // of the conversation's matter, beside the conversation's own
	NoDocuments bool                 // not even the conversation's own
}

func (p Prompt) place() history.Place {
	return history.Place{Conversation: p.Conversation, Edit: p.Edit, Again: p.Again, Continue: p.Continue}
}

// kind says in the record what was asked for, beside a plain prompt.
func (p Prompt) kind() string {
	switch {
	case p.Edit != "":
		return "edit"
	case p.Again != "":
		return "regenerate"
	case p.Continue != "":
		return "continue"
	}
	return ""
}

// choice says in the record that the user had values hidden in another way than the policy's.
func (p Prompt) choice() string {
	if p.Instead == "" || p.Again != "" || p.Continue != "" {
		return ""
	}
	return "by choice: " + string(p.Instead)
}

// keeping says in the record that the turn is kept nowhere else.
func (p Prompt) keeping() string {
	if p.Temporary {
		return "temporary"
	}
	return ""
}

// thinking says in the record that the model was to think before it answers.
func (p Prompt) thinking() string {
	if p.Think {
		return "thinking"
	}
	return ""
}

// summarising says in the record that the model was to summarise what does not fit, or which summary it is told.
func (p Prompt) summarising(told history.Summary) string {
	var list []string
	if told.After != "" {
		list = append(list, fmt.Sprintf("the oldest %d messages as summarised in entry %d", told.Messages, told.AuditSeq))
	}
	if p.Summarise {
		list = append(list, "summarise")
	}
	return strings.Join(list, ", ")
}

// Outcome is a closed turn, its texts as the reader sees them.
type Outcome struct {
	history.Begun
	Sent       string // the prompt as it is stored and the model reads it
	Result     engine.Result
	Redactions map[string]int  // masked values by type, prompt and answer together
	Notices    []Notice        // what guardrails said
	Summary    history.Summary // that was made in it and told the model; without After: none
	IntentSeq  int64           // of the audit entry written before inference
	OutcomeSeq int64           // of the one written after it
}

// Step is what a turn waits for before the model answers.
type Step string

// The steps.
const (
	Loading     Step = "loading"     // the model is loaded
	Summarising Step = "summarising" // it summarises the oldest messages
)

// Reader sees a turn while it runs. Calls come from one goroutine, in order: Started, Waiting*, then what the model says
// to itself and what it answers, each in pieces.
type Reader interface {
	Started(begun history.Begun)
	Waiting(step Step, done float64) // from 0 to 1
	Reasoning(text string)
	Delta(text string)
}

const savePartialEvery = time.Second

// Turn runs one turn. The error is a *fault.Fault, and the Outcome is filled as far as the turn came: a turn whose
// engine crashed has its partial text in Outcome.Assistant. Cancelling ctx is the user's Stop: no error.
func (d *Desk) Turn(ctx context.Context, p Prompt, reader Reader) (Outcome, error) {
	if p.LeaveOut && p.Summarise {
		return Outcome{}, fault.New(fault.BadInput, errTwoChoices)
	}
	earlier, summary, err := d.earlier(ctx, p)
	if err != nil {
		return Outcome{}, err
	}
	if err := d.Policy.CheckPrompt(textOf(p, earlier)); err != nil {
		return Outcome{}, d.refuse(p, err)
	}
	d.stored = d.tokens()
	if d.Pseudonyms != nil && d.stored == 0 {
		for _, m := range earlier { // from before there was a table: what looks like a token there must stay what it is
			d.Pseudonyms.Reserve(m.Text)
		}
	}
	prompt, masked := d.redactor(p).Text(p.Text)
	notices, err := d.guardPrompt(p, p.Text, masked)
	if err != nil {
		return Outcome{Notices: notices}, err
	}
	given, err := d.gather(ctx, p, after(summary, earlier), prompt)
	notices = append(notices, given.notices...)
	if err != nil {
		return Outcome{Notices: notices}, err
	}

	out, err := d.begin(ctx, p, prompt, masked, given, summary)
	out.Notices = notices
	if err != nil {
		return d.shown(out), err
	}
	reader.Started(d.shown(out).Begun)

	answer := d.answer(ctx, p, &telling{conversationOf(p, earlier, out), summary, given}, out.Assistant, reader)

	out, err = d.finish(context.WithoutCancel(ctx), out, answer)
	return d.shown(out), err
}

var errTwoChoices = errors.New("the oldest messages are left out or summarised, not both")

// earlier returns the messages before the turn's place, and the newest summary of them if there is one.
func (d *Desk) earlier(ctx context.Context, p Prompt) ([]history.Message, history.Summary, error) {
	if p.Conversation == "" && p.kind() == "" {
		return nil, history.Summary{}, nil
	}
	ctx = context.WithoutCancel(ctx)
	messages, err := d.History.Earlier(ctx, p.place())
	if err != nil {
		return nil, history.Summary{}, HistoryFault(err)
	}
	all, err := d.History.Summaries(ctx, p.Conversation)
	return messages, newestSummary(all, messages), HistoryFault(err)
}

// textOf is the prompt: what was typed, or the stored one that is answered again.
func textOf(p Prompt, earlier []history.Message) string {
	if p.Again == "" && p.Continue == "" {
		return p.Text
	}
	for i := len(earlier) - 1; i >= 0; i-- {
		if earlier[i].Role == history.User {
			return earlier[i].Text
		}
	}
	return ""
}

// conversationOf is what the model reads. A stored prompt is in earlier already.
func conversationOf(p Prompt, earlier []history.Message, out Outcome) []history.Message {
	if p.Again == "" && p.Continue == "" {
		return slices.Concat(earlier, []history.Message{out.User})
	}
	return earlier
}

// begin writes the turn down twice before anything is inferred: pending in history, then as an intent on record.
func (d *Desk) begin(ctx context.Context, p Prompt, prompt string, masked []redact.Span, given material, told history.Summary) (Outcome, error) {
	turn := history.Turn{
		ID: history.NewTurnID(), Place: p.place(), Matter: p.Matter, Title: titleOf(prompt), Prompt: prompt, Model: d.ModelID,
		Sources: given.sources,
	}
	table, tokens, err := d.toStore()
	if err != nil {
		return Outcome{}, fault.New(fault.Internal, err)
	}
	turn.Pseudonyms = table
	rand.Read(turn.PromptSalt[:])
	rand.Read(turn.AnswerSalt[:])
	var out Outcome
	if out.Begun, err = d.History.BeginTurn(context.WithoutCancel(ctx), turn); err != nil {
		return out, HistoryFault(err)
	}
	d.stored, out.Sent = tokens, out.User.Text
	out.Redactions = countByType(masked)
	entry := d.entry(audit.Prompt, out.Assistant)
	entry.Prompt = audit.Commit(out.User.Salt, out.User.Text)
	entry.Detail = strings.Join(slices.DeleteFunc([]string{p.kind(), p.choice(), p.keeping(), p.thinking(), p.summarising(told)}, func(s string) bool { return s == "" }), ", ")
	entry.Sampling = d.sampling(p)
	entry.Redactions = countByType(masked)
	for _, e := range given.entries(d, out) {
		if _, err = d.Record.Append(e); err != nil {
			return d.unsent(ctx, out, err)
		}
	}
	if out.IntentSeq, err = d.Record.Append(entry); err != nil {
		return d.unsent(ctx, out, err)
	}
	for t, n := range given.masked {
		out.Redactions[t] += n
	}
	return out, nil
}

// unsent closes a turn that cannot be put on record.
func (d *Desk) unsent(ctx context.Context, out Outcome, err error) (Outcome, error) {
	closeErr := d.History.FinishTurn(context.WithoutCancel(ctx), out.Assistant.Turn, history.Outcome{Status: history.Failed})
	out.Assistant.Status = history.Failed
	return out, RecordFault(errors.Join(err, closeErr))
}

// answered is what came of asking the model.
type answered struct {
	notices         []Notice
	text, reasoning string
	redactions      map[string]int
	summary         history.Summary // that was made on the way
	summarised      map[string]int  // what was masked in summaries
	result          engine.Result
	err             error
}

// saying is one of the two texts of an answer on its way to the reader: what the model says to itself, and what it
// answers. Each goes through an output redactor of its own, which holds back what could still match.
type saying struct {
	stream  *redact.Stream
	read    reading
	shown   strings.Builder
	deliver func(text string)
}

func (d *Desk) saying(deliver func(string)) *saying {
	return &saying{
		stream: cmp.Or(d.Answers, d.Redactor).For(d.Pseudonyms, redact.Answer).Stream(), read: newReading(d.Pseudonyms), deliver: deliver,
	}
}

func (s *saying) tell(text string) {
	if text != "" {
		s.deliver(text)
	}
}

// vetting is what a text of the model's goes through before anybody is shown it, or it is kept.
type vetting struct {
	d         *Desk
	guard     *answerGuard
	senseless babble
	turn      audit.Entry // what guardrails put on record is about this
}

func (d *Desk) vetting(begun history.Message) *vetting {
	return &vetting{d: d, guard: &answerGuard{guard: d.AnswersGuard}, turn: d.entry(audit.Guardrail, begun)}
}

// pass lets a redacted piece through to its reader, or says why not.
func (v *vetting) pass(s *saying, text string) error {
	if text == "" {
		return nil
	}
	if err := v.d.guardAnswer(v.guard, v.turn, text, s.stream); err != nil {
		return err
	}
	if err := v.d.Record.Healthy(); err != nil { // nothing is shown that could not be recorded
		return RecordFault(err)
	}
	s.shown.WriteString(text)
	s.tell(s.read.write(text))
	if what := v.senseless.add(text); what != "" {
		return v.d.endBabble(v.turn, what)
	}
	return nil
}

// answer asks the model and shows what it says. An answer that goes on is redacted from its beginning: an identifier may
// lie across the seam.
func (d *Desk) answer(ctx context.Context, p Prompt, t *telling, begun history.Message, reader Reader) (a answered) {
	thoughts, words := d.saying(reader.Reasoning), d.saying(reader.Delta)
	saved := time.Now()
	v := d.vetting(begun)
	show := func(s *saying, text string) error {
		if err := v.pass(s, text); err != nil || text == "" || time.Since(saved) < savePartialEvery {
			return err
		}
		saved = time.Now()
		return d.savePartial(ctx, begun.Turn, words.shown.String(), thoughts.shown.String())
	}
	take := func(s *saying) func(string) error {
		return func(text string) error { return show(s, s.stream.Write(text)) }
	}
	request := engine.Request{
		Conversation: named(p, begun.Conversation), Sampling: p.Sampling, MaxTokens: d.maxTokens(p), LeaveOut: p.LeaveOut, Think: p.Think,
		Reasoning: take(thoughts),
	}
	a.redactions, a.summarised = map[string]int{}, map[string]int{}
	if a.err = take(thoughts)(begun.Reasoning); a.err == nil {
		a.err = take(words)(begun.Text)
	}
	if a.err == nil {
		a.result, a.err = d.ask(ctx, p, t, request, begun, &a, reader, take(words))
	}
	for _, s := range []*saying{thoughts, words} {
		if err := show(s, s.stream.Close()); a.err == nil {
			a.err = err
		}
		s.tell(s.read.close())
		for t, n := range s.stream.Counts() {
			a.redactions[string(t)] += n
		}
	}
	a.text, a.reasoning, a.notices = words.shown.String(), thoughts.shown.String(), append(a.notices, v.guard.notices...)
	return a
}

// finish closes the turn in history and on record. It runs on every path, with a context that Stop does not cancel.
func (d *Desk) finish(ctx context.Context, out Outcome, a answered) (Outcome, error) {
	closed := history.Outcome{
		Status: statusOf(a), Text: a.text, Reasoning: a.reasoning, AuditSeq: out.IntentSeq,
		PromptTokens: a.result.PromptTokens, OutputTokens: a.result.OutputTokens,
	}
	var tableErr error
	closed.Pseudonyms, _, tableErr = d.toStore()
	historyErr := d.History.FinishTurn(ctx, out.Assistant.Turn, closed)
	if errors.Is(historyErr, history.ErrDiskFull) && d.Record.UseReserve() {
		historyErr = d.History.FinishTurn(ctx, out.Assistant.Turn, closed)
	}

	out.Result, out.Summary = a.result, a.summary
	out.Assistant.Status, out.Assistant.Text, out.Assistant.Reasoning = closed.Status, closed.Text, closed.Reasoning
	out.Assistant.PromptTokens, out.Assistant.OutputTokens = closed.PromptTokens, closed.OutputTokens
	out.Assistant.AuditSeq = out.IntentSeq
	for _, masked := range []map[string]int{a.redactions, a.summarised} {
		for t, n := range masked {
			out.Redactions[t] += n
		}
	}
	entry := d.entry(audit.Response, out.Assistant)
	entry.Response = audit.Commit(out.Assistant.Salt, out.Assistant.Whole())
	entry.Redactions = a.redactions
	entry.PromptTokens, entry.OutputTokens = closed.PromptTokens, closed.OutputTokens
	entry.Result = string(closed.Status)
	if d.Generation != nil {
		entry.History = d.Generation(ctx)
	}
	out.Notices = append(out.Notices, a.notices...)
	modelErr := answerFault(a.err)
	if modelErr != nil {
		entry.Detail = string(fault.From(modelErr).Code)
	}
	if a.result.LeftOut > 0 {
		entry.Detail = strings.TrimPrefix(fmt.Sprintf("%s, the oldest %d messages were left out", entry.Detail, a.result.LeftOut), ", ")
	}
	var recordErr error
	out.OutcomeSeq, recordErr = d.Record.Append(entry)

	return out, cmp.Or(outcomeFault(recordErr), HistoryFault(historyErr), fault.Of(tableErr, fault.Internal), modelErr)
}

// refuse puts a prompt that policy does not allow on record, and says why.
func (d *Desk) refuse(p Prompt, reason error) error {
	var denied *policy.DeniedError
	entry := audit.Entry{
		Actor: d.Actor, Action: audit.PolicyDenied, Conversation: string(p.Conversation),
		Policy: d.Policy.Version, Result: "denied",
	}
	if errors.As(reason, &denied) {
		entry.Detail = string(denied.Rule)
	}
	if _, err := d.Record.Append(entry); err != nil {
		return RecordFault(err)
	}
	return fault.New(fault.PolicyDenied, reason)
}

func (d *Desk) entry(action audit.Action, m history.Message) audit.Entry {
	return audit.Entry{
		Actor: d.Actor, Action: action, Conversation: string(m.Conversation), Turn: string(m.Turn), Model: d.ModelID,
		Policy: d.Policy.Version, Ruleset: d.Redactor.Ruleset(),
	}
}

func statusOf(a answered) history.Status {
	switch {
	case a.err != nil:
		return history.Failed
	case a.result.Reason == engine.Stopped:
		return history.Stopped
	default:
		return history.Complete
	}
}

// spoken leaves out questions that have no answer (the turn failed before the model said anything, or the answer was
// erased) and answers that have no question, but for the last: that one is to be answered, or to be gone on with.
func spoken(conversation []history.Message) []history.Message {
	var out []history.Message
	last := len(conversation) - 1
	for i, m := range conversation {
		unanswered := m.Role == history.User && i < last && conversation[i+1].Text == ""
		unasked := m.Role == history.Assistant && i > 0 && conversation[i-1].Text == ""
		if m.Text == "" || unanswered || unasked {
			continue
		}
		out = append(out, m)
	}
	return out
}

func messagesOf(conversation []history.Message) []engine.Message {
	var out []engine.Message
	for _, m := range spoken(conversation) {
		out = append(out, engine.Message{Role: string(m.Role), Text: m.Text})
	}
	return out
}

// titleOf makes a conversation's title of its first prompt: the first line, at most 60 characters, cut at a word.
func titleOf(prompt string) string {
	const most = 60
	line, _, _ := strings.Cut(strings.TrimSpace(prompt), "\n")
	runes := []rune(line)
	if len(runes) <= most {
		return line
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	if i := strings.LastIndexByte(cut, '['); i > 0 && !strings.Contains(cut[i:], "]") { // half a label or a token says nothing
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:") + "…"
}

func countByType(spans []redact.Span) map[string]int {
	counts := map[string]int{}
	for _, s := range spans {
		counts[string(s.Type)]++
	}
	return counts
}

// named is what the engine knows a conversation by, so that it keeps what it has computed of it. A temporary one is not
// kept there either.
func named(p Prompt, id history.ConversationID) string {
	if p.Temporary {
		return ""
	}
	return string(id)
}

func (d *Desk) maxTokens(p Prompt) int {
	if p.MaxTokens > 0 {
		return min(p.MaxTokens, d.Policy.Limits.AnswerTokens)
	}
	return d.Policy.Limits.AnswerTokens
}

func (d *Desk) sampling(p Prompt) audit.Sampling {
	s := p.Sampling
	return audit.Sampling{
		Temperature: float64(s.Temperature), TopK: s.TopK, TopP: float64(s.TopP), MinP: float64(s.MinP),
		RepeatPenalty: float64(s.RepeatPenalty), Seed: s.Seed, MaxTokens: d.maxTokens(p),
	}
}
