package llama

import (
	"strings"
	"unicode"
)

// kind says what a stretch of a model's output is.
type kind int

const (
	speech  kind = iota // the answer
	thought             // what the model says to itself before it answers
	silent              // no text for anybody: a call of a tool, the name of a channel
)

// brackets are the words that stand around what models think, and around calls of tools, which nobody here can answer.
// Sources: the chat templates of DeepSeek R1, Qwen 3, Phi 4 reasoning, Granite, SmolLM 3 (<think>), Magistral ([THINK]),
// Seed-OSS, Command A, Kimi, Gemma 4 (<|channel>thought); for calls those of Qwen and Hermes, Mistral, Llama 3, DeepSeek,
// Phi 4 mini and Granite (<|tool_call|>), Kimi K2, Gemma 4.
var brackets = []struct {
	open, closing string
	kind          kind
	label         string // stands first within the bracket, and is part of it
}{
	{"<think>", "</think>", thought, ""},
	{"[THINK]", "[/THINK]", thought, ""},
	{"<seed:think>", "</seed:think>", thought, ""},
	{"<|START_THINKING|>", "<|END_THINKING|>", thought, ""},
	{"◁think▷", "◁/think▷", thought, ""},
	{"<|channel>", "<channel|>", thought, "thought"},
	{"<tool_call>", "</tool_call>", silent, ""},
	{"[TOOL_CALLS]", "", silent, ""},
	{"<|python_tag|>", "", silent, ""},
	{"<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", silent, ""},
	{"<|START_ACTION|>", "<|END_ACTION|>", silent, ""},
	{"<|tool_call|>", "<|/tool_call|>", silent, ""},
	{"<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", silent, ""},
	{"<|tool_call>", "<tool_call|>", silent, ""},
}

// The words of OpenAI's harmony format (https://cookbook.openai.com/articles/openai-harmony): a message is
// <|start|>role<|channel|>name<|message|>text<|end|>, and its channel says what it is.
const (
	harmonyStart   = "<|start|>"
	harmonyChannel = "<|channel|>"
	harmonyMessage = "<|message|>"
	harmonyEnd     = "<|end|>"
)

// splitter tells what a model thinks from what it answers, and both from what is nobody's to read. It is fed the pieces
// of an answer in order. Space around what the model thinks is dropped.
type splitter struct {
	emit    func(k kind, text string) error
	now     kind
	label   string           // may still come, and is nobody's to read
	closing string           // ends what is not speech; "" where only a word of harmony's or the end of the answer does
	fresh   bool             // at the beginning of the answer, where a bracket counts although no token of its own spells it
	tidy    bool             // space is dropped until there is something else
	held    string           // may be the beginning of a bracket, or space before one
	header  *strings.Builder // what stands between <|channel|> and <|message|>; nil elsewhere
}

// newSplitter begins where the prompt's own words left off: some templates end with an open bracket.
func newSplitter(prompt string, emit func(kind, string) error) *splitter {
	s := &splitter{emit: emit, fresh: true}
	if closing := leftOpen(prompt); closing != "" {
		s.enter(thought, closing)
	}
	return s
}

// leftOpen returns what closes the bracket around a thought that text leaves open, or "".
func leftOpen(text string) string {
	for _, b := range brackets {
		if i := strings.LastIndex(text, b.open); b.kind == thought && i >= 0 && !strings.Contains(text[i:], b.closing) {
			return b.closing
		}
	}
	return ""
}

// thoughtsOver is what leads from a template's last words to an answer that was begun: the model has done thinking.
func thoughtsOver(lead string) string {
	if closing := leftOpen(lead); closing != "" {
		return "\n" + closing + "\n\n"
	}
	if strings.HasSuffix(lead, harmonyStart+"assistant") {
		return harmonyChannel + "final" + harmonyMessage
	}
	return ""
}

// enter begins a stretch.
func (s *splitter) enter(k kind, closing string) {
	s.tidy = k == thought || s.now == thought
	s.now, s.closing, s.fresh, s.label = k, closing, false, ""
}

// word takes a token that is a word of its own in the vocabulary, and reports whether it is one of those here.
func (s *splitter) word(text string) (known bool, err error) {
	header := s.header
	s.header = nil
	switch text {
	case harmonyStart, harmonyEnd:
		return true, s.change(silent, "")
	case harmonyChannel:
		err = s.change(silent, "")
		s.header = new(strings.Builder)
		return true, err
	case harmonyMessage:
		return true, s.change(channelKind(header), "")
	}
	if s.closing != "" && text == s.closing {
		return true, s.change(speech, "")
	}
	for _, b := range brackets {
		if text == b.open && s.now == speech {
			err = s.change(b.kind, b.closing)
			s.label = b.label
			return true, err
		}
	}
	return false, nil
}

// channelKind is what a message of harmony's is, by its header. Without a channel it is an answer.
func channelKind(header *strings.Builder) kind {
	switch {
	case header == nil || strings.TrimSpace(header.String()) == "final":
		return speech
	case strings.Contains(header.String(), "to="): // a call of a tool
		return silent
	}
	return thought // analysis, commentary
}

// change ends a stretch and begins another.
func (s *splitter) change(k kind, closing string) error {
	if s.fresh {
		s.held = strings.TrimLeftFunc(s.held, unicode.IsSpace)
	}
	err := s.rest()
	s.enter(k, closing)
	return err
}

// text takes whole characters.
func (s *splitter) text(text string) error {
	if s.header != nil {
		s.header.WriteString(text)
		return nil
	}
	s.held += text
	for s.held != "" {
		switch {
		case s.fresh:
			trimmed := strings.TrimLeftFunc(s.held, unicode.IsSpace)
			if mayOpen(trimmed) {
				return nil // it may still become one
			}
			s.fresh = false
			for _, b := range brackets {
				if after, found := strings.CutPrefix(trimmed, b.open); found && b.kind == thought {
					s.held = after
					s.enter(thought, b.closing)
					s.label = b.label
				}
			}
		case s.label != "":
			trimmed := strings.TrimLeftFunc(s.held, unicode.IsSpace)
			if len(trimmed) < len(s.label) && strings.HasPrefix(s.label, trimmed) {
				return nil
			}
			s.held, s.label = strings.TrimPrefix(trimmed, s.label), ""
		case s.closing != "":
			before, after, found := strings.Cut(s.held, s.closing)
			if !found {
				return s.give(len(s.held) - ending(s.held, s.closing))
			}
			s.held = before
			if err := s.change(speech, ""); err != nil {
				return err
			}
			s.held = after
		default:
			return s.give(len(s.held))
		}
	}
	return nil
}

// mayOpen reports whether text is empty or the beginning of a bracket around a thought.
func mayOpen(text string) bool {
	for _, b := range brackets {
		if b.kind == thought && len(text) < len(b.open) && strings.HasPrefix(b.open, text) {
			return true
		}
	}
	return false
}

// ending returns how many bytes at the end of text may be the beginning of word.
func ending(text, word string) int {
	for n := min(len(text), len(word)-1); n > 0; n-- {
		if strings.HasSuffix(text, word[:n]) {
			return n
		}
	}
	return 0
}

// give emits the first n bytes of what is held, but for space that may turn out to be at the end of a thought.
func (s *splitter) give(n int) error {
	text := s.held[:n]
	if s.tidy {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		s.tidy = text == ""
	}
	kept := ""
	if s.now == thought {
		trimmed := strings.TrimRightFunc(text, unicode.IsSpace)
		text, kept = trimmed, text[len(trimmed):]
	}
	s.held = kept + s.held[n:]
	return s.out(text)
}

func (s *splitter) out(text string) error {
	if text == "" || s.now == silent {
		return nil
	}
	return s.emit(s.now, text)
}

// rest emits what is held back when nothing more comes of this stretch.
func (s *splitter) rest() error {
	text := s.held
	s.held = ""
	if s.tidy {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	if s.now == thought {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return s.out(text)
}
