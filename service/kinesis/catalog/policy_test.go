package catalog

import (
	"bytes"
	"strings"
	"testing"
)

const (
	openText   = `{ "Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kinesis:*","Resource":"*"}]}`
	closedText = `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}],"Id":"é<>&\u00e9"}`
)

// policyOf is the policy of a text that is one.
func policyOf(text string) *Policy {
	p, err := NewPolicy(text)
	if err != nil {
		panic(err)
	}
	return p
}

func TestSetPolicy(t *testing.T) {
	r := testRig(t)
	of := ConsumerRef{Ref: orders}
	r.refuse(&SetPolicy{of, policyOf(openText)}, "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	r.create(1)
	r.refuse(&SetPolicy{of, nil}, "ResourceNotFoundException: "+
		"No resource policy found for resource ARN arn:aws:kinesis:us-east-1:000000000000:stream/orders.")
	r.must(&SetPolicy{of, policyOf(openText)})
	same := r.orders()
	r.must(&SetPolicy{of, policyOf(openText)})
	if r.orders() != same {
		t.Error("the same policy made a new version of the stream")
	}
	r.must(&SetPolicy{of, policyOf(closedText)})
	if got := r.orders().Policy.Text(); got != closedText {
		t.Errorf("got %s", got)
	}

	r.must(&RegisterConsumer{Ref: orders, Consumer: "c"})
	consumer := ConsumerRef{Ref: orders, Consumer: "c"}
	r.must(&SetPolicy{consumer, policyOf(openText)})
	var snap bytes.Buffer
	if err := r.Snapshot()(&snap); err != nil {
		t.Fatal(err)
	}
	restored := New()
	if err := restored.Restore(bytes.NewReader(snap.Bytes())); err != nil {
		t.Fatal(err)
	}
	x, _ := restored.Stream(orders.Account, orders.Region, orders.Name)
	c, _ := x.Consumer("c")
	if x.Policy.Text() != closedText || x.Policy.Document() == nil || c.Policy.Text() != openText {
		t.Errorf("restored: %+v, %+v", x.Policy, c.Policy)
	}

	// What this leat cannot read it must not take for none.
	err := New().Restore(strings.NewReader(strings.Replace(snap.String(), "Deny", "Dent", 1)))
	if err == nil || !strings.Contains(err.Error(), "needs another leat") {
		t.Errorf("a policy that is none: %v", err)
	}

	r.must(&SetPolicy{consumer, nil})
	r.must(&SetPolicy{of, nil})
	if x := r.orders(); x.Policy != nil || x.Policy.Document() != nil || x.Consumers[0].Policy != nil {
		t.Errorf("%+v", x)
	}
}
