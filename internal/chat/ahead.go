package chat

import (
	"context"
	"reflect"

	"subrosa/internal/engine"
	"subrosa/internal/history"
)

// ReadAhead is what a conversation's next prompt will stand behind, for the model to read before there is one; ok is false
// where that is not known. given is what the newest answer was given of documents.
//
// Nothing is in it but what the model was given in a turn that is on record: the conversation, and its documents where they
// are given whole, as they were the last time. So nothing is recorded or stored. What the model is given for the first time, it is given in a turn.
func (d *Desk) ReadAhead(ctx context.Context, p Prompt, given []history.Source) (r engine.Request, ok bool, err error) {
	earlier, summary, err := d.earlier(ctx, p)
	if err != nil || len(earlier) == 0 {
		return r, false, err
	}
	t := telling{branch: earlier, summary: summary}
	if len(t.whole()) == 0 { // the summary stands with the next prompt
		return r, false, nil
	}
	earlier = after(summary, earlier)
	m, err := d.givenAgain(ctx, p, earlier)
	if err != nil {
		return r, false, err
	}
	if m.whole() && !reflect.DeepEqual(m.sources, given) { // else passages stand with the next prompt
		return r, false, nil
	}
	if m.whole() {
		t.given = m
	}
	return engine.Request{Conversation: named(p, p.Conversation), Messages: t.messages(), MaxTokens: d.maxTokens(p)}, true, nil
}

// givenAgain is what the next turn will be given of documents, but for what its prompt is about.
func (d *Desk) givenAgain(ctx context.Context, p Prompt, earlier []history.Message) (material, error) {
	m := material{masked: map[string]int{}}
	if d.Documents == nil {
		return m, nil
	}
	used := 0
	for _, e := range earlier {
		used += len(e.Text)
	}
	excerpts, err := d.Documents(ctx, "", used)
	if err != nil {
		return m, HistoryFault(err)
	}
	for _, e := range excerpts {
		m.add(d.redactor(p), e)
	}
	return m, nil
}
