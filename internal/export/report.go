package export

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"subrosa/internal/audit"
)

// Report.html is one file without scripts, pictures or links to elsewhere: its policy lets a browser load nothing and run
// nothing, and allows the one style sheet by its hash.

//go:embed report.html
var reportPage string

//go:embed report.css
var reportStyle string

const (
	mostBars    = 60  // in a chart over time
	mostNotable = 500 // entries listed
	day         = 24 * time.Hour
)

// figures is what a report counts while the entries pass by. Its size does not grow with their number but with the days
// that they span.
type figures struct {
	entries     int64
	first, last time.Time
	byDay       map[int64]*dayFigures // by days since 1970, UTC
	actions     map[audit.Action]int
	redactions  map[string]int
	actors      map[string]int
	models      map[string]int
	failures    int
	notable     []notable // the newest mostNotable
	unlisted    int       // notable ones before them
}

type dayFigures struct{ entries, prompts, answers, promptTokens, outputTokens int }

type notable struct {
	Seq          int64
	Time         string
	Actor, What  string
	Action       audit.Action
	Result, More string
}

func newFigures() *figures {
	return &figures{
		byDay: map[int64]*dayFigures{}, actions: map[audit.Action]int{}, redactions: map[string]int{},
		actors: map[string]int{}, models: map[string]int{},
	}
}

func (f *figures) add(e *audit.Entry) {
	if f.entries == 0 || e.Time.Before(f.first) {
		f.first = e.Time
	}
	if f.entries == 0 || e.Time.After(f.last) {
		f.last = e.Time
	}
	f.entries++
	key := e.Time.Unix() / int64(day/time.Second)
	d := f.byDay[key]
	if d == nil {
		d = &dayFigures{}
		f.byDay[key] = d
	}
	d.entries++
	switch e.Action {
	case audit.Prompt:
		d.prompts++
	case audit.Response:
		d.answers++
		d.promptTokens += e.PromptTokens
		d.outputTokens += e.OutputTokens
	}
	f.actions[e.Action]++
	for t, n := range e.Redactions {
		f.redactions[t] += n
	}
	f.actors[actorOf(e)]++
	if e.Action == audit.Response && e.Model != "" {
		f.models[e.Model]++
	}
	m := mappingOf(e.Action)
	bad := failed(m, e)
	if bad {
		f.failures++
	}
	if bad || m.severity >= medium {
		f.note(m, e)
	}
}

// addAll takes in what another counted, of later entries.
func (f *figures) addAll(o *figures) {
	if o.entries == 0 {
		return
	}
	if f.entries == 0 || o.first.Before(f.first) {
		f.first = o.first
	}
	if f.entries == 0 || o.last.After(f.last) {
		f.last = o.last
	}
	f.entries += o.entries
	f.failures += o.failures
	for k, d := range o.byDay {
		mine := f.byDay[k]
		if mine == nil {
			mine = &dayFigures{}
			f.byDay[k] = mine
		}
		mine.add(*d)
	}
	addCounts(f.actions, o.actions)
	addCounts(f.redactions, o.redactions)
	addCounts(f.actors, o.actors)
	addCounts(f.models, o.models)
	f.unlisted += o.unlisted
	f.notable = append(f.notable, o.notable...)
	f.forgetOld()
}

func addCounts[K comparable](to, from map[K]int) {
	for k, n := range from {
		to[k] += n
	}
}

func (d *dayFigures) add(o dayFigures) {
	d.entries += o.entries
	d.prompts += o.prompts
	d.answers += o.answers
	d.promptTokens += o.promptTokens
	d.outputTokens += o.outputTokens
}

// forgetOld keeps the newest notable entries: it drops many now and then, not one at a time.
func (f *figures) forgetOld() {
	if len(f.notable) >= 2*mostNotable {
		f.unlisted += len(f.notable) - mostNotable
		f.notable = slices.Clone(f.notable[len(f.notable)-mostNotable:])
	}
}

func (f *figures) note(m mapping, e *audit.Entry) {
	f.forgetOld()
	f.notable = append(f.notable, notable{
		Seq: e.Seq, Time: e.Time.UTC().Format("2006-01-02 15:04:05"), Actor: actorOf(e), What: m.sentence, Action: e.Action,
		Result: e.Result, More: e.Detail,
	})
}

// provenance is what the report says about the record as a whole.
type provenance struct {
	Source
	Size     int64  // entries under the checkpoint
	Root     string // base64
	Made     time.Time
	Filter   string // in words; empty: all entries
	Readable string // who can read the entries in this bundle
	Pruned   int64  // entries whose content was pruned before
}

func (f *figures) write(w io.Writer, p provenance) error {
	sum := sha256.Sum256([]byte(reportStyle))
	t, err := template.New("report").Funcs(template.FuncMap{"thousands": thousands}).Parse(reportPage)
	if err != nil {
		return err
	}
	if n := len(f.notable); n > mostNotable {
		f.unlisted += n - mostNotable
		f.notable = f.notable[n-mostNotable:]
	}
	newest := slices.Clone(f.notable)
	slices.Reverse(newest)
	return t.Execute(w, map[string]any{
		"StyleHash": template.HTMLAttr(`content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'"`),
		"Style":     template.CSS(reportStyle),
		"P":         p,
		"Made":      p.Made.UTC().Format("2 January 2006, 15:04 UTC"),
		"Sentences": f.sentences(p),
		"Cards":     f.cards(),
		"Charts":    f.charts(),
		"Notable":   newest,
		"Listed":    len(f.notable),
		"Unlisted":  f.unlisted,
	})
}

// sentences say what the numbers mean, for somebody who has never seen a Merkle tree.
func (f *figures) sentences(p provenance) []string {
	var s []string
	add := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	add("The record of workstation %s held %s entries when this bundle was made; its signed checkpoint covers every one of them.", p.Origin, thousands(p.Size))
	switch {
	case f.entries == 0:
		add("No entry falls under what was asked for (%s).", p.Filter)
	case p.Filter != "":
		add("This bundle shows %s of them: %s.", thousands(f.entries), p.Filter)
	default:
		add("This bundle shows all %s.", thousands(f.entries))
	}
	if p.Pruned > 0 {
		add("%s older entries were pruned when their retention time was over: their hashes are still in the tree, their content is gone.", thousands(p.Pruned))
	}
	if f.entries > 0 {
		add("They run from %s to %s (UTC).", f.first.UTC().Format("2 January 2006 15:04"), f.last.UTC().Format("2 January 2006 15:04"))
		prompts, answers := f.actions[audit.Prompt], f.actions[audit.Response]
		add("%s prompts were put on record before the model was asked, and %s answers after it.", thousands(int64(prompts)), thousands(int64(answers)))
		if n := total(f.redactions); n > 0 {
			add("%s identifiers were masked before anything was stored or shown to the model.", thousands(int64(n)))
		}
		if f.failures == 0 {
			add("No entry reports a failure or a refusal.")
		} else {
			add("%s entries report a failure or a refusal; the newest are listed below.", thousands(int64(f.failures)))
		}
	}
	add("No prompt, answer or title is in this report or in the record: only salted commitments to them, and counts.")
	return s
}

type card struct{ Label, Value string }

func (f *figures) cards() []card {
	return []card{
		{"entries", thousands(f.entries)},
		{"prompts", thousands(int64(f.actions[audit.Prompt]))},
		{"answers", thousands(int64(f.actions[audit.Response]))},
		{"identifiers masked", thousands(int64(total(f.redactions)))},
		{"failed unlocks", thousands(int64(f.actions[audit.UnlockFailed]))},
		{"alerts", thousands(int64(f.actions[audit.Guardrail] + f.actions[audit.Anomaly] + f.actions[audit.ClockJump] + f.actions[audit.RoleDenied]))},
		{"people", thousands(int64(len(f.actors)))},
		{"models that answered", thousands(int64(len(f.models)))},
	}
}

func total[K comparable](counts map[K]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// chart is drawn by the template: bars stand on days, or lie on names.
type chart struct {
	Title, Desc, Unit string
	Standing          bool
	Height            int
	Bars              []bar
	Ticks             []tick
	Rows              []row // the same as a table
	Series            []string
}

type bar struct {
	X, Y, W, H   string // in the chart's 1,000 units across
	Series       int
	Label, Value string
	TextY        string
}

type tick struct{ X, Y, Label, Anchor string }

type row struct {
	Label  string
	Values []string
}

func (f *figures) charts() []chart {
	var out []chart
	if days := f.periods(); len(days) > 0 {
		out = append(out,
			standing("Activity", "Entries", []string{"entries"}, days, func(d dayFigures) []int { return []int{d.entries} }),
			standing("Tokens", "Tokens that the model read and wrote", []string{"read", "written"}, days,
				func(d dayFigures) []int { return []int{d.promptTokens, d.outputTokens} }),
		)
	}
	out = append(out, lying("Actions", "Entries by action", f.actions), lying("Masked identifiers", "Identifiers masked, by type", f.redactions))
	return slices.DeleteFunc(out, func(c chart) bool { return len(c.Bars) == 0 })
}

type period struct {
	from time.Time
	days int
	dayFigures
}

// periods joins days so that at most mostBars are left, empty ones among them.
func (f *figures) periods() []period {
	if len(f.byDay) == 0 {
		return nil
	}
	keys := slices.Sorted(maps.Keys(f.byDay))
	first, last := keys[0], keys[len(keys)-1]
	step := int64(1)
	for _, s := range []int64{1, 7, 28, 91, 364} {
		if step = s; (last-first)/s < mostBars {
			break
		}
	}
	for (last-first)/step >= mostBars { // a clock that jumped by centuries
		step *= 2
	}
	out := make([]period, (last-first)/step+1)
	for i := range out {
		out[i] = period{from: time.Unix((first+int64(i)*step)*int64(day/time.Second), 0).UTC(), days: int(step)}
	}
	for _, k := range keys {
		p, d := &out[(k-first)/step], f.byDay[k]
		p.add(*d)
	}
	return out
}

func (p period) label() string {
	if p.days == 1 {
		return p.from.Format("2 Jan 2006")
	}
	return p.from.Format("2 Jan 2006") + " to " + p.from.Add(time.Duration(p.days-1)*day).Format("2 Jan 2006")
}

const chartWidth, standingHeight, plot, top = 1000, 236, 180, 26

func standing(title, desc string, series []string, days []period, of func(dayFigures) []int) chart {
	per := map[bool]string{true: " per day", false: fmt.Sprintf(" per %d days", days[0].days)}[days[0].days == 1]
	c := chart{Title: title + per, Desc: desc + per, Standing: true, Height: standingHeight, Series: series}
	most := 0
	for _, d := range days {
		most = max(most, total(asMap(of(d.dayFigures))))
	}
	if most == 0 {
		return c
	}
	width := float64(chartWidth) / float64(len(days))
	for i, d := range days {
		values := of(d.dayFigures)
		r := row{Label: d.label()}
		y := float64(plot + top)
		for s, v := range values {
			r.Values = append(r.Values, thousands(int64(v)))
			if v == 0 {
				continue
			}
			h := max(1, float64(v)/float64(most)*plot)
			y -= h
			c.Bars = append(c.Bars, bar{
				X: unit(float64(i) * width), Y: unit(y), W: unit(max(1, min(width*0.8, 60))), H: unit(h), Series: s,
				Label: d.label() + ", " + series[s], Value: thousands(int64(v)),
			})
		}
		c.Rows = append(c.Rows, r)
	}
	c.Ticks = []tick{{"0", "226", days[0].label(), "start"}, {"0", "16", "most: " + thousands(int64(most)), "start"}}
	if n := len(days); n > 1 {
		c.Ticks = append(c.Ticks, tick{"1000", "226", days[n-1].label(), "end"})
	}
	return c
}

func lying[K ~string](title, desc string, counts map[K]int) chart {
	const rowHeight, textWidth = 30, 300
	names := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(string(a), string(b)))
	})
	c := chart{Title: title, Desc: desc, Height: len(names)*rowHeight + 4, Series: []string{"count"}}
	for i, name := range names {
		n := counts[name]
		w := float64(n) / float64(max(1, counts[names[0]])) * (chartWidth - textWidth - 120)
		c.Bars = append(c.Bars, bar{
			X: unit(textWidth), Y: unit(float64(i*rowHeight + 6)), W: unit(max(1, w)), H: unit(rowHeight - 12),
			Label: string(name), Value: thousands(int64(n)), TextY: unit(float64(i*rowHeight + 21)),
		})
		c.Ticks = append(c.Ticks,
			tick{unit(textWidth - 12), unit(float64(i*rowHeight + 21)), string(name), "end"},
			tick{unit(textWidth + w + 8), unit(float64(i*rowHeight + 21)), thousands(int64(n)), "start"})
		c.Rows = append(c.Rows, row{string(name), []string{thousands(int64(n))}})
	}
	return c
}

func asMap(values []int) map[int]int {
	m := map[int]int{}
	for i, v := range values {
		m[i] = v
	}
	return m
}

func unit(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
