//go:build unix

package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// decodeByDefinition is decode as encoding/json defines it.
func decodeByDefinition(line []byte) (Entry, error) {
	var e Entry
	if len(line) > maxEntry || json.Unmarshal(line, &e) != nil || e.Version < 1 || e.Version > entryVersion {
		return Entry{}, errMalformed
	}
	if again, err := json.Marshal(e); err != nil || !bytes.Equal(again, line) {
		return Entry{}, errMalformed
	}
	return e, nil
}

func anyText(t *rapid.T, name string) string {
	return rapid.OneOf(
		rapid.Just(""), rapid.StringMatching(`[a-z0-9 _.:/+-]{0,40}`), rapid.String(),
		rapid.SampledFrom([]string{"<&>", `quote " and \`, "\u2028\u2029", "half \xed\xa0 rune", "\x00\x1f\x7f", "Ünïcode \U0001f512", "\\\"", "\t\r\n"}),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	).Draw(t, name)
}

func anyEntry(t *rapid.T) Entry {
	text := func(name string) string { return anyText(t, name) }
	number := rapid.OneOf(rapid.Just(0), rapid.Int())
	float := rapid.OneOf(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.7, 1, 1e-6, 9.9e-7, 1e21, 1e20, -0.05, 1.1, math.NaN(), math.Inf(1)}), rapid.Float64())
	e := Entry{
		Version: rapid.IntRange(-1, entryVersion+1).Draw(t, "v"), Seq: rapid.Int64().Draw(t, "seq"), Actor: text("actor"), Action: Action(text("action")),
		Prev: rapid.SampledFrom([][]byte{nil, {}, {1}, make([]byte, 32), bytes.Repeat([]byte{0xfb}, 32)}).Draw(t, "prev"),
		Sig:  rapid.SampledFrom([][]byte{nil, {}, {1, 2}, bytes.Repeat([]byte{0xff}, 64)}).Draw(t, "sig"),
		Time: rapid.SampledFrom([]time.Time{
			{},
			time.Unix(0, 0).UTC(), time.Date(2026, 3, 1, 9, 30, 0, 120_000_000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
			time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 1, time.FixedZone("", 3600)), time.Now(),
		}).Draw(t, "time"),
		Matter: text("matter"), Conversation: text("conversation"), Turn: text("turn"), Message: text("message"), Model: text("model"),
		Policy: text("policy"), Ruleset: text("ruleset"), History: rapid.Uint64().Draw(t, "history"),
		Prompt: Commitment(text("prompt")), Response: Commitment(text("response")),
		PromptTokens: number.Draw(t, "prompt tokens"), OutputTokens: number.Draw(t, "output tokens"),
		Key: text("key"), Result: text("result"), Detail: text("detail"), More: rapid.Bool().Draw(t, "more"),
	}
	if rapid.Bool().Draw(t, "sampled") {
		e.Sampling = Sampling{
			float.Draw(t, "temperature"), number.Draw(t, "top k"), float.Draw(t, "top p"), float.Draw(t, "min p"), float.Draw(t, "penalty"),
			rapid.Uint32().Draw(t, "seed"), number.Draw(t, "max tokens"),
		}
	}
	for range rapid.IntRange(0, 12).Draw(t, "types") {
		if e.Redactions == nil {
			e.Redactions = map[string]int{}
		}
		e.Redactions[text("type")] = number.Draw(t, "count")
	}
	if rapid.Bool().Draw(t, "tree") {
		e.Tree = &TreeHead{rapid.Int64().Draw(t, "size"), text("root")}
	}
	if rapid.Bool().Draw(t, "prunes") {
		e.Pruned = &PrunedSet{rapid.Int64().Draw(t, "before"), rapid.Int64().Draw(t, "pruned"), text("set")}
	}
	return e
}

func TestLinesAreThoseOfEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEntry(t)
		want, wantErr := json.Marshal(e)
		got, err := e.appendJSON([]byte("before"))
		if (err != nil) != (wantErr != nil) || err == nil && string(got) != "before"+string(want) {
			t.Fatalf("got  %s, %v\nwant %s, %v", got, err, want, wantErr)
		}
		if err != nil {
			return
		}
		wantEntry, wantErr := decodeByDefinition(want)
		gotEntry, err := decode(want)
		if !errors.Is(err, wantErr) || !reflect.DeepEqual(gotEntry, wantEntry) {
			t.Fatalf("%s\ngot  %#v, %v\nwant %#v, %v", want, gotEntry, err, wantEntry, wantErr)
		}
		if err != nil {
			return
		}
		brief, leaf, err := DecodeLeaf(want)
		wantEntry.Prev, wantEntry.Sig = nil, nil
		if err != nil || leaf != tlog.RecordHash(want) || !reflect.DeepEqual(brief, wantEntry) {
			t.Fatalf("%s\ngot  %#v, %v\nwant %#v", want, brief, err, wantEntry)
		}
	})
	// No field is left out, a new one neither.
	e := usual()
	line, err := e.sign(testKey, origin)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := parse(line)
	if !ok || !e.canonical(line) {
		t.Error("an entry like most is not read the quick way")
	}
	if e.More {
		t.Error("it has a signature, and says that it has none")
	}
	if line, err = e.sign(nil, origin); err != nil {
		t.Fatal(err)
	}
	without, ok := parse(line)
	if !ok || !without.canonical(line) || without.Sig != nil {
		t.Error("an entry without a signature is not read the quick way")
	}
	e.More = without.More
	for name, zero := range zeros(reflect.ValueOf(e), "entry") {
		if zero {
			t.Errorf("%s is not written, not read, or not set here", name)
		}
	}
}

// What a writer makes ready is read again as the same line, whatever is in it.
func TestWhatIsSignedIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEntry(t)
		line, err := e.sign(testKey, origin)
		if err != nil {
			return // no number, no year, or too large
		}
		if _, err := decode(line); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	})
}

// zeros goes through the fields of v.
func zeros(v reflect.Value, name string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		v := reflect.Indirect(v)
		if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() {
			yield(name, v.IsZero())
			return
		}
		for i := range v.NumField() {
			for field, zero := range zeros(v.Field(i), name+"."+v.Type().Field(i).Name) {
				if !yield(field, zero) {
					return
				}
			}
		}
	}
}

// usual is an entry as most are, in that it needs no escapes, with every field set.
func usual() Entry {
	e := sample(1)
	e.Seq, e.Prompt, e.Response = 9, Commit([32]byte{1}, "prompt"), Commit([32]byte{2}, "response")
	e.Model, e.Matter, e.Message, e.History = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "matter", "message", 7
	e.Sampling, e.Prev = Sampling{0.7, 40, 0.95, 0.05, 1.1, 42, 512}, make([]byte, 32)
	e.Key, e.Detail, e.PromptTokens, e.OutputTokens = "key+1+2", "detail", 100, 200
	e.Tree, e.Pruned = &TreeHead{7, "root"}, &PrunedSet{3, 2, "set"}
	return e
}

// A good line with a small change: the two ways to read it judge alike.
func TestChangedLinesAreJudgedAsEncodingJSONJudgesThem(t *testing.T) {
	e := usual()
	line, err := e.sign(testKey, origin)
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{
		`"`, `\`, `,`, `{`, `}`, `0`, `1`, `-`, `+`, `.`, `e`, `E`, ` `, `null`, `true`, "é", "\xff", "<", `\u003c`, `A`, `=`, `==`, `[]`, `:`, `""`, `00`, `.0`,
		`,"matter":""`, `,"seq":1`, `,"x":1`, `,"history":0`, `,"redactions":{}`, `,"redactions":{"A":1,"A":2}`, "\n", "\x00", "Z", "+00:00", "1e3",
	}
	accepted := 0
	for at := range len(line) + 1 {
		for drop := range 3 {
			if at+drop > len(line) {
				continue
			}
			for i, piece := range append(pieces, "") {
				changed := string(line[:at]) + piece + string(line[at+drop:])
				if (at+i)%3 != 0 && piece != "" { // a third of them: there are 90,000
					continue
				}
				want, wantErr := decodeByDefinition([]byte(changed))
				got, err := decode([]byte(changed))
				if !errors.Is(err, wantErr) || !reflect.DeepEqual(got, want) {
					t.Fatalf("%q\ngot  %#v, %v\nwant %#v, %v", changed, got, err, want, wantErr)
				}
				if err == nil {
					accepted++
				}
			}
		}
	}
	if accepted == 0 {
		t.Error("nothing was accepted: the changes show less than they should")
	}
}

func FuzzDecodeAgrees(f *testing.F) {
	e := usual()
	line, err := e.sign(testKey, origin)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte(strings.Replace(string(line), `"time":"`, `"time":"+`, 1)))
	f.Fuzz(func(t *testing.T, line []byte) {
		want, wantErr := decodeByDefinition(line)
		got, err := decode(line)
		if !errors.Is(err, wantErr) || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q\ngot  %#v, %v\nwant %#v, %v", line, got, err, want, wantErr)
		}
	})
}
