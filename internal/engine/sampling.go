package engine

// DefaultSampling suits most chat models: a little freedom, unlikely tokens cut off.
func DefaultSampling() Sampling {
	return Sampling{Temperature: 0.7, TopK: 40, TopP: 0.95, MinP: 0.05}
}

// Greedy always takes the likeliest token: the same answer every time.
func Greedy() Sampling { return Sampling{} }

// TokensPerSecond is the speed of the answer after its first token; 0 for an answer of one token.
func (r Result) TokensPerSecond() float64 {
	if r.OutputTokens < 2 || r.GenerateTime <= 0 {
		return 0
	}
	return float64(r.OutputTokens-1) / r.GenerateTime.Seconds()
}
