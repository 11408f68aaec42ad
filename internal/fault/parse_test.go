package fault_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/fault"
)

func TestParse(t *testing.T) {
	f := func(text string, want fault.Rule) {
		t.Helper()
		got, err := fault.Parse(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if back := got.String(); back != text {
			t.Errorf("%s: written as %s", text, back)
		}
		document, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again fault.Rule
		if err := json.Unmarshal(document, &again); err != nil || again != want {
			t.Errorf("%s: in JSON %s, read as %+v, %v", text, document, again, err)
		}
	}
	f("PutRecords:throttle", fault.Rule{Operation: "PutRecords", Kind: fault.Throttle})
	f("*:drop-after:times=1", fault.Rule{Operation: "*", Kind: fault.DropAfter, Times: 1})
	f("PutRecords:throttle-records:p=0.1,stream=orders,seed=7", fault.Rule{
		Operation: "PutRecords", Kind: fault.ThrottleRecords, P: 0.1, Stream: "orders", Seed: 7})
	f("GetRecords:delay:by=50ms", fault.Rule{Operation: "GetRecords", Kind: fault.Delay, By: fault.Duration(50 * time.Millisecond)})
	f("GetRecords:expire:p=1,by=1m0s", fault.Rule{Operation: "GetRecords", Kind: fault.Expire, P: 1, By: fault.Duration(time.Minute)})
	f("ListShards:error:code=ResourceInUseException", fault.Rule{Operation: "ListShards", Kind: fault.Error, Code: "ResourceInUseException"})
}

func TestParseRefuses(t *testing.T) {
	f := func(text, why string) {
		t.Helper()
		if r, err := fault.Parse(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %+v, %v, want %q", text, r, err, why)
		}
	}
	f("", "want OPERATION:KIND")
	f("PutRecords", "want OPERATION:KIND")
	f(":throttle", "no operation")
	f("PutRecords:", `kind ""`)
	f("PutRecords:trottle", `kind "trottle"`)
	f("PutRecords:throttle:", `"": want p, stream`)
	f("PutRecords:throttle:p=0.1,", `"": want p, stream`)
	f("PutRecords:throttle:p", "p=: want a probability")
	f("PutRecords:throttle:p=0", "p=0: want a probability")
	f("PutRecords:throttle:p=1.5", "p=1.5: want a probability")
	f("PutRecords:throttle:p=NaN", "p=NaN: want a probability")
	f("PutRecords:throttle:p=0.1,p=0.2", "p is given twice")
	f("PutRecords:throttle:q=1", `"q": want p, stream`)
	f("PutRecords:throttle:P=1", `"P": want p, stream`)
	f("PutRecords:throttle:stream=", "stream= names none")
	f("PutRecords:throttle:stream=a b", `stream "a b"`)
	f("PutRecords:throttle:stream="+strings.Repeat("x", 129), "no stream can have this name")
	f("PutRecords:throttle:seed=-1", "seed=-1")
	f("PutRecords:throttle:times=0", "times=0")
	f("PutRecords:throttle:times=many", "times=many")
	f("PutRecords:throttle:by=soon", `"soon" is no duration`)
	f("PutRecords:delay", "a delay needs by")
	f("PutRecords:delay:by=-1s", "by is -1s")
	f("PutRecords:delay:by=2h", "by is 2h0m0s")
	f("PutRecords:error", "an error needs its code")
	f("PutRecords:throttle:code=X", "for kind error alone")
	f("PutRecord:throttle-records", "for PutRecords alone")
	f("*:fail-records", "for PutRecords alone")
	f("ListShards:expire", "for GetRecords alone")
	f("PutRecord:throttle-records:times=2:by=1s", "times=2:by=1s")
}
