package redact

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// prose is a clinic's letter with a value of each type, over and over.
var prose = strings.Repeat(`The patient was seen on 12 March 2024 with a three day history of intermittent chest pain, worse on exertion and relieved
by rest. Blood pressure was 138/84 mmHg, pulse 72 and regular; the troponin at 0 and 3 hours was below 14 ng/L. She takes 75 mg of aspirin
and 40 mg of atorvastatin at night. We discussed the findings, the plan for an outpatient stress test within 2 weeks, and when to come
back sooner. Counsel for the claimant asked for the full record under reference 2024/1183-B; the hearing is listed for 9:30 in court 4.
Please write to anna.berg@example.org, quote SSN 536-22-1234, and charge the copy to 4111 1111 1111 1111 or GB82 WEST 1234 5698 7654 32.
`, 40)

func BenchmarkText(b *testing.B) {
	r := Default()
	b.SetBytes(int64(len(prose)))
	for b.Loop() {
		if _, spans := r.Text(prose); len(spans) != 160 {
			b.Fatal(len(spans))
		}
	}
}

// BenchmarkToken is one token of four bytes in a stream of prose.
func BenchmarkToken(b *testing.B) {
	s, at := Default().Stream(), 0
	for b.Loop() {
		s.Write(prose[at : at+4])
		if at += 4; at+4 > len(prose) {
			at = 0
		}
	}
}

// BenchmarkHostile is the same token in texts made to keep every rule busy.
func BenchmarkHostile(b *testing.B) {
	for _, unit := range []string{"a@", "a@b.com", "1 ", "4111 1111 ", "DE11 ", "q", "4", "536-22-", "a@b.c ", "\xff", "@"} {
		b.Run(fmt.Sprintf("%q", unit), func(b *testing.B) {
			text := strings.Repeat(unit, 1<<13)
			s, at := Default().Stream(), 0
			for b.Loop() {
				s.Write(text[at : at+4])
				if at += 4; at+4 > len(text) {
					at = 0
					s.Close()
				}
			}
		})
	}
}

// BenchmarkHeld reports what is held back after each token of four bytes of prose, and the tail of a token's cost.
func BenchmarkHeld(b *testing.B) {
	var held []int
	var cost []time.Duration
	for b.Loop() {
		s := Default().Stream()
		for at := 0; at+4 <= len(prose); at += 4 {
			start := time.Now()
			s.Write(prose[at : at+4])
			cost = append(cost, time.Since(start))
			held = append(held, s.Held())
		}
	}
	slices.Sort(held)
	slices.Sort(cost)
	b.ReportMetric(float64(held[len(held)/2]), "held-p50-bytes")
	b.ReportMetric(float64(held[len(held)*99/100]), "held-p99-bytes")
	b.ReportMetric(float64(held[len(held)-1]), "held-max-bytes")
	b.ReportMetric(float64(cost[len(cost)*99/100].Nanoseconds()), "p99-ns/token")
}

// BenchmarkEverything is prose with every built-in rule on.
func BenchmarkEverything(b *testing.B) {
	r := Everything()
	b.SetBytes(int64(len(prose)))
	for b.Loop() {
		r.Text(prose)
	}
}
