package traffic_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const mebibyte = 1 << 20

// filled repeats a part between a start and an end, as often as fits into a mebibyte. %d in it counts.
func filled(start, part, end string) string {
	var text strings.Builder
	text.WriteString(start)
	for i := 0; text.Len()+len(part)+len(end)+8 < mebibyte; i++ {
		text.WriteString(strings.Replace(part, "%d", fmt.Sprint(i), 1))
	}
	return strings.TrimSuffix(text.String(), ",") + end
}

// hostile are bodies made to be expensive: some for the shape of one provider's answer, the others for any.
var hostile = []struct{ provider, name, body string }{
	{"", "empty objects", filled(`[`, `{},`, `]`)},
	{"", "unknown members", filled(`{`, `"a%d":1,`, `}`)},
	{"", "long number", filled(`{"balance":{"level":`, `9`, `}}`)},
	{"", "long exponent", filled(`{"balance":{"level":1e`, `9`, `}}`)},
	{"", "long amount", filled(`{"balance":{"amount":"`, `9`, `"}}`)},
	{"", "long pointer", filled(`{"balance":{"`, `~/`, `":1}}`)},
	{"", "deep lists", filled(``, `[`, ``)},
	{"", "duplicate names", filled(`{"a":1,`, `"a%d":1,`, `"a":1}`)},
	{"", "invalid UTF-8", filled(`{"a":"`, "\xff", `"}`)},
	{"", "lone surrogates", filled(`["`, `\ud800`, `"]`)},
	{"eika", "empty balances", filled(`{"balances":[`, `{},`, `]}`)},
	{"eika", "links", filled(`{"_links":{`, `"%d":{},`, `}}`)},
	{"neonomics", "balances", filled(`[`, `{"amount":"1","currency":"NOK","type":"X"},`, `]`)},
	{"onesingleview", "any values", filled(`{"success":true,"errors":[`, `1,`, `]}`)},
	{"onesingleview", "banks", filled(`{"success":true,"payload":[`, `{"data":{"balance":[{}]}},`, `]}`)},
	{"onesingleview", "unknown members", filled(`{`, `"a%d":1,`, `}`)},
	{"tokenio", "other balances", filled(`{"balance":{"otherBalances":[`, `{},`, `]}}`)},
}

// A body of a mebibyte takes less than a third of a second on one slow core, whatever it holds; the limit leaves room
// for the race detector and a busy machine.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	const limit = 10 * time.Second
	docs := documents(t)
	docs[""] = toy(t)
	for _, tc := range hostile {
		t.Run(tc.provider+"/"+tc.name, func(t *testing.T) {
			doc := docs[tc.provider]
			operation := doc.Examples()[0].Operation
			start := time.Now()
			got := observedBody(t, doc, operation, tc.body)
			assert.Less(t, time.Since(start), limit)
			assert.LessOrEqual(t, len(got), 21)
		})
	}
}
