package cgi

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnAnswerLikeTheLastIsReadTheSame(t *testing.T) {
	var p Parser
	blocks := []string{
		"Status: 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n",
		"Content-Type: text/html\r\n\r\n",
		"Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
	}
	for _, block := range blocks {
		want, n, err := ParseAnswer([]byte(block + "body"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			p.Reset()
			got, m, err := p.Parse([]byte(block + "body"))
			if err != nil || m != n || !cmp.Equal(got, want) {
				t.Fatalf("%q, time %d: %v, %d, %v; want %v, %d", block, i, got, m, err, want, n)
			}
			got.Header.Set("Content-Type", "changed by its reader")
			got.Header.Add("Set-Cookie", "c")
		}
	}
}

func TestParsersShareWhatTheyKnowAndNothingThatAReaderHas(t *testing.T) {
	var share KnownAnswers
	one, two := Parser{Share: &share}, Parser{Share: &share}
	parse := func(p *Parser, block string) Answer {
		p.Reset()
		a, n, err := p.Parse([]byte(block + "body"))
		if err != nil || n != len(block) {
			t.Fatalf("%q: %d, %v", block, n, err)
		}
		return a
	}
	blocks := []string{"Content-Type: text/html\r\n\r\n", "Status: 404\r\nContent-Type: text/plain\r\n\r\n"}
	for _, block := range blocks {
		want := parse(new(Parser), block)
		for range 2 {
			parse(&one, block).Header.Set("Content-Type", "changed by its reader")
		}
		if share.last.Load() != one.known {
			t.Fatalf("%q: what one knows is not shared", block)
		}
		if got := parse(&two, block); !cmp.Equal(got, want) || two.known != one.known {
			t.Errorf("%q: %v, want %v as the other one knows it", block, got, want)
		}
		parse(&two, block).Header["Content-Type"][0] = "changed in place"
		if got := parse(&one, block); !cmp.Equal(got, want) {
			t.Errorf("%q: %v, want %v", block, got, want)
		}
	}
}

func TestAnAnswerLikeTheLastTakesThreeAllocations(t *testing.T) {
	block := []byte("Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n")
	var p Parser
	n := testing.AllocsPerRun(100, func() {
		p.Reset()
		if _, _, err := p.Parse(block); err != nil {
			t.Fatal(err)
		}
	})
	if n > 3 {
		t.Errorf("%v allocations, 3 are allowed", n)
	}
}
