package session

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/gguf"
	"subrosa/internal/history"
	"subrosa/internal/vault"
)

// thesaurus imports a model for which the words of each group mean the same.
func thesaurus(t testing.TB, s *Session, name string, groups ...[]string) vault.Manifest {
	t.Helper()
	var b bytes.Buffer
	if _, err := (gguf.Thesaurus{Name: name, Groups: groups}).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	m, err := s.ImportModel(t.Context(), &b, vault.Source{}, nil)
	if err != nil || m.Purpose != vault.Embedding {
		t.Fatal(m, err)
	}
	return m
}

var medical = [][]string{{"heart", "cardiac"}, {"attack", "infarction"}, {"rent", "lease"}}

// vectored waits until every page has vectors, or their model has failed.
func vectored(t testing.TB, s *Session) VectorStatus {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		st, err := s.Vectors(t.Context())
		if err != nil || time.Now().After(end) {
			t.Fatalf("%+v %v", st, err)
		}
		if st.Fault != nil || st.Pages == st.Of && st.State == ModelReady {
			return st
		}
	}
}

// ward is a long text in which one page speaks of a heart attack in other words.
func ward() string {
	return book(20) + "The patient had suffered a cardiac infarction in March.\n\n" + strings.Repeat("Nothing else is said here. ", 100) + "\n\n" + book(20)
}

// asked returns what a turn's model would be given of a document that does not fit.
func asked(t testing.TB, s *Session, d history.Document, prompt string) string {
	t.Helper()
	find, err := s.open.library(t.Context(), chat.Prompt{Conversation: d.Conversation, Text: prompt})
	if err != nil {
		t.Fatal(err)
	}
	found, err := find(t.Context(), prompt, 0)
	if err != nil || len(found) != 1 || found[0].Whole {
		t.Fatalf("%+v %v", found, err)
	}
	var all strings.Builder
	for _, p := range found[0].Passages {
		all.WriteString(p.Text)
	}
	return all.String()
}

func TestASynonymIsFoundWithAModelForIt(t *testing.T) {
	s := unlocked(t, testOptions(t))
	d := added(t, s, DocumentPlace{}, ward())
	const question = "Was there a heart attack?"
	if got := asked(t, s, d, question); strings.Contains(got, "infarction") {
		t.Fatal("positive control: its words alone do not find it")
	}
	if st, err := s.Vectors(t.Context()); err != nil || st.Manifest.ID != "" || st.Pages != 0 || st.Of == 0 || st.Fault != nil {
		t.Errorf("%+v %v", st, err)
	}
	m := thesaurus(t, s, "Thesaurus", medical...)
	if st := vectored(t, s); st.Manifest.ID != m.ID || st.Fault != nil || st.Of < 20 {
		t.Fatalf("%+v", st)
	}
	if got := asked(t, s, d, question); !strings.Contains(got, "cardiac infarction") {
		t.Errorf("%q", got)
	}
	if got := asked(t, s, d, "What is said of topic7?"); !strings.Contains(got, "topic7") {
		t.Errorf("what has no meaning to the model is found by its words: %q", got)
	}
	e, n := lastEntry(t, s, audit.DocumentVectors)
	if n != 1 || e.Model != m.SHA256 || e.Conversation != string(d.Conversation) || !strings.Contains(e.Detail, d.SHA256) {
		t.Errorf("%d %+v", n, e)
	}
	// One that comes later is read in the background, too, and the lock in between costs nothing.
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	second := added(t, s, DocumentPlace{}, ward())
	vectored(t, s)
	if got := asked(t, s, second, question); !strings.Contains(got, "cardiac infarction") {
		t.Errorf("%q", got)
	}
	if _, n := lastEntry(t, s, audit.DocumentVectors); n != 2 {
		t.Errorf("%d entries for two documents", n)
	}
	if err := s.Erase(t.Context(), history.Erasure{Documents: []history.DocumentID{d.ID, second.ID}}); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Vectors(t.Context()); err != nil || st.Pages != 0 || st.Of != 0 {
		t.Errorf("%+v %v", st, err)
	}
}

func TestVectorsOfAnotherModelAreMadeAnew(t *testing.T) {
	s := unlocked(t, testOptions(t))
	d := added(t, s, DocumentPlace{}, ward())
	thesaurus(t, s, "A", medical[2])
	vectored(t, s)
	if got := asked(t, s, d, "heart attack"); strings.Contains(got, "infarction") {
		t.Error("the first knows nothing of it")
	}
	second := thesaurus(t, s, "B", medical...)
	if st := vectored(t, s); st.Manifest.ID != second.ID || st.Fault != nil {
		t.Fatalf("%+v", st)
	}
	if got := asked(t, s, d, "heart attack"); !strings.Contains(got, "infarction") {
		t.Errorf("%q", got)
	}
	if e, n := lastEntry(t, s, audit.DocumentVectors); n != 2 || e.Model != second.SHA256 {
		t.Errorf("%d %+v", n, e)
	}
}

func TestAModelForFindingDoesNotAnswer(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	m := thesaurus(t, s, "Thesaurus", medical...)
	wantFault(t, s.UseModel(t.Context(), m.ID, engine.Wish{}), fault.ModelPurpose)
	if fit, err := s.FitModel(t.Context(), m.ID, engine.Wish{}); err != nil || fit.Context != 512 || fit.Needs == 0 {
		t.Errorf("%+v %v", fit, err)
	}
	if err := say(t, s, "hello"); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o.ModelID = string(m.ID)
	wantFault(t, say(t, unlocked(t, o), "hello"), fault.ModelPurpose)
}

// What policy masks for a model is masked for this one.
func TestAModelForFindingIsGivenMaskedTexts(t *testing.T) {
	s := unlocked(t, testOptions(t))
	thesaurus(t, s, "Thesaurus", medical...)
	clear, masked := added(t, s, DocumentPlace{}, "A cardiac infarction, in March."), added(t, s, DocumentPlace{}, "Write to cardiac@infarction.example today.")
	vectored(t, s)
	near := func(text string) (found []history.DocumentID) {
		t.Helper()
		list, err := s.open.vectors.near(t.Context(), text, []history.DocumentID{clear.ID, masked.ID}, 9)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			found = append(found, p.Document)
		}
		return found
	}
	if got := near("heart attack"); !slices.Equal(got, []history.DocumentID{clear.ID}) {
		t.Error(got, clear.ID)
	}
	if got := near("heart@attack.example"); len(got) != 0 {
		t.Error("the question is not masked:", got)
	}
}

// What policy does not allow is not used, and passages are found by their words.
func TestThePolicyDecidesOnAModelForFinding(t *testing.T) {
	s := unlocked(t, testOptions(t))
	var b bytes.Buffer
	words := gguf.Thesaurus{Name: "Thesaurus", Groups: medical}
	if _, err := words.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	m, err := s.open.vault.Import(t.Context(), &b, vault.Source{}, s.open.root.ModelIdentity().Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.open.policy.Models.Denied = []string{m.SHA256}
	s.open.vectors.choose()
	d := added(t, s, DocumentPlace{}, ward())
	st := vectored(t, s)
	wantFault(t, st.Fault, fault.ModelNotAllowed)
	if st.State != ModelFailed || st.Pages != 0 {
		t.Errorf("%+v", st)
	}
	for range 2 {
		if got := asked(t, s, d, "What is said of topic7 in the heart attack?"); !strings.Contains(got, "topic7") {
			t.Errorf("%q", got)
		}
	}
	if e, n := lastEntry(t, s, audit.PolicyDenied); n != 1 || e.Model != m.SHA256 {
		t.Errorf("%d %+v", n, e)
	}
}

func TestASignedModelForFindingIsImportedAndUsed(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, signersLine(key))
	s := unlocked(t, o)
	var b bytes.Buffer
	words := gguf.Thesaurus{Name: "Thesaurus", Groups: medical}
	if _, err := words.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	m, err := s.ImportPackage(t.Context(), sealFor(t, s, b.Bytes(), key), nil)
	if err != nil || m.Purpose != vault.Embedding {
		t.Fatal(m, err)
	}
	d := added(t, s, DocumentPlace{}, ward())
	if st := vectored(t, s); st.Manifest.ID != m.ID || st.Fault != nil {
		t.Fatalf("%+v", st)
	}
	if got := asked(t, s, d, "heart attack"); !strings.Contains(got, "infarction") {
		t.Errorf("%q", got)
	}
}

// A prompt does not wait for the vectors of a long document: what makes them gives way, and goes on.
func TestVectorsGiveWayToAnswersAndToALock(t *testing.T) {
	s := unlocked(t, testOptions(t))
	ctx := t.Context()
	thesaurus(t, s, "Thesaurus", medical...)
	d, err := s.AddDocument(ctx, DocumentPlace{}, "book.txt", strings.NewReader(book(100)+ward()))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := say(t, s, "hello"); err != nil {
			t.Error(err)
		}
	}
	if err := s.Lock(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(ctx, pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if d, err = s.AwaitDocument(ctx, d.ID); err != nil || d.Reading != history.ReadingDone {
		t.Fatal(d, err)
	}
	if st := vectored(t, s); st.Fault != nil || st.Of != d.Pages {
		t.Errorf("%+v of %d", st, d.Pages)
	}
	if got := asked(t, s, d, "heart attack"); !strings.Contains(got, "cardiac infarction") {
		t.Errorf("%q", got)
	}
}

func TestTheMakingOfVectorsIsStoppedAndGoesOn(t *testing.T) {
	s := unlocked(t, testOptions(t))
	thesaurus(t, s, "Thesaurus", medical...)
	makes := func(on bool) {
		t.Helper()
		if err := s.MakeVectors(on); err != nil {
			t.Fatal(err)
		}
	}
	told := func() VectorStatus {
		t.Helper()
		st, err := s.AwaitVectors(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	makes(false)
	d := added(t, s, DocumentPlace{}, ward())
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if st := told(); !st.Paused || st.Pages != 0 || st.Of != d.Pages {
		t.Fatalf("while it is stopped: %+v", st)
	}
	makes(true)
	if st := vectored(t, s); st.Paused || st.Pages != d.Pages {
		t.Fatalf("when it goes on: %+v", st)
	}
	s.open.vectors.set(ModelFailed, fault.New(fault.EngineCrashed, nil))
	added(t, s, DocumentPlace{}, ward())
	if st := told(); st.Fault == nil || st.Pages != d.Pages {
		t.Fatalf("after a failure: %+v", st)
	}
	makes(true)
	if st := vectored(t, s); st.Fault != nil || st.Pages != 2*d.Pages {
		t.Errorf("tried again: %+v", st)
	}
}

func TestAnIdleModelForFindingGivesItsMemoryBack(t *testing.T) {
	o := testOptions(t)
	o.ModelIdle = time.Millisecond
	s := unlocked(t, o)
	d := added(t, s, DocumentPlace{}, ward())
	thesaurus(t, s, "Thesaurus", medical...)
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		st, err := s.Vectors(t.Context())
		if err != nil || st.Fault != nil || time.Now().After(end) {
			t.Fatalf("%+v %v", st, err)
		}
		if st.Pages == st.Of && st.State == ModelUnloaded {
			break
		}
	}
	if got := asked(t, s, d, "heart attack"); !strings.Contains(got, "infarction") { // it is loaded again
		t.Errorf("%q", got)
	}
}

func TestRankingsAreFusedByReciprocalRank(t *testing.T) {
	at := func(pages ...int) (list []history.PassageAt) {
		for _, p := range pages {
			list = append(list, history.PassageAt{Page: p})
		}
		return list
	}
	for _, c := range []struct {
		words, near []history.PassageAt
		most        int
		want        []history.PassageAt
	}{
		{at(3, 1, 2), nil, 9, at(3, 1, 2)}, // without vectors everything is as it was
		{nil, at(3, 1, 2), 9, at(3, 1, 2)},
		{nil, nil, 9, nil},
		{at(1, 2, 3), at(3, 4), 9, at(3, 1, 2, 4)},
		{at(1, 2), at(2, 1), 9, at(1, 2)},
		{at(1, 2, 3), at(4, 5, 6), 3, at(1, 4, 2)},
	} {
		if got := fuse(c.most, c.words, c.near); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v: %v", c.words, c.near, got)
		}
	}
}
