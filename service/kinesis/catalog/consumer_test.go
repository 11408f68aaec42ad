package catalog

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

var analytics = ConsumerRef{Ref: orders, Consumer: "analytics"}

// register adds a consumer to the stream orders and returns it as answered.
func (r *rig) register(name string) *Consumer {
	r.Helper()
	return r.must(&RegisterConsumer{Ref: orders, Consumer: name}).(*Consumer)
}

// consumers returns the names and statuses of the consumers of orders.
func (r *rig) consumers() (list string) {
	r.Helper()
	for _, c := range r.orders().Consumers {
		list += c.Name + " " + string(c.Status) + ", "
	}
	return list
}

func (r *rig) wantConsumers(want string) {
	r.Helper()
	if got := r.consumers(); got != want {
		r.Fatalf("consumers: %s\nwant       %s", got, want)
	}
}

func TestConsumerWithoutDelay(t *testing.T) {
	r := testRig(t)
	r.refuse(&RegisterConsumer{Ref: orders, Consumer: "b"}, "ResourceNotFoundException: Stream orders under account 000000000000 not found.")
	r.create(1)
	first := r.register("b")
	if first.Status != types.ConsumerStatusCreating || first.CreatedSeconds != t0/1000 {
		t.Errorf("answered %+v", first)
	}
	r.register("a")
	r.wantConsumers("a ACTIVE, b ACTIVE, ")
	r.refuse(&RegisterConsumer{Ref: orders, Consumer: "b"},
		"ResourceInUseException: Consumer b under stream orders and account 000000000000 already exists.")

	x := r.orders()
	b, _ := x.Consumer("b")
	if got, want := b.ARN(x.ARN()), "arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/b:1700000000"; got != want {
		t.Errorf("ARN %s", got)
	}
	byARN := ConsumerRef{orders, "b", b.CreatedSeconds}
	if byARN.String() != b.ARN(x.ARN()) {
		t.Errorf("named %s", byARN)
	}
	r.must(&DeregisterConsumer{byARN})
	r.wantConsumers("a ACTIVE, ")
	r.refuse(&DeregisterConsumer{byARN}, "ResourceNotFoundException: Consumer "+byARN.String()+", account 000000000000 not found.")
	r.refuse(&DeregisterConsumer{ConsumerRef{Ref: orders, Consumer: "b"}}, "ResourceNotFoundException: Consumer b, account 000000000000 not found.")

	// The next of that name is another one, although no second has passed.
	again := r.register("b")
	if again.ID == first.ID || again.CreatedSeconds <= first.CreatedSeconds {
		t.Errorf("first %+v, then %+v", first, again)
	}
	if r.orders().Consumes("b", first.ID) || !r.orders().Consumes("b", again.ID) {
		t.Error("one consumer is taken for the other")
	}
	r.refuse(&DeregisterConsumer{byARN}, "ResourceNotFoundException: Consumer "+byARN.String()+", account 000000000000 not found.")
}

func TestConsumerWithDelay(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.terms.DelayMillis = 500
	id := r.register("a").ID
	r.terms.AtMillis++
	r.register("b")
	r.wantConsumers("a CREATING, b CREATING, ")
	if r.orders().Consumes("a", id) {
		t.Error("consumes while CREATING")
	}
	next, _ := r.NextDue()
	if next.DueMillis != t0+500 {
		t.Errorf("due %+v", next)
	}
	r.finish()
	r.wantConsumers("a ACTIVE, b CREATING, ")
	b, _ := r.NextDue()
	r.must(&DeregisterConsumer{ConsumerRef{Ref: orders, Consumer: "b"}})
	r.wantConsumers("a ACTIVE, b DELETING, ")
	r.must(&Finish{Stream: b.Stream, Number: b.Number}) // of CREATING, which is over
	r.wantConsumers("a ACTIVE, b DELETING, ")
	r.must(&DeregisterConsumer{ConsumerRef{Ref: orders, Consumer: "b"}})
	r.refuse(&RegisterConsumer{Ref: orders, Consumer: "b"},
		"ResourceInUseException: Consumer b under stream orders and account 000000000000 already exists.")
	r.refuse(&AddConsumerTags{ConsumerRef{Ref: orders, Consumer: "b"}, map[string]string{"k": "v"}},
		"ResourceInUseException: Consumer b with creation timestamp 1700000000 under stream orders and account 000000000000 is not in ACTIVE status.")
	r.finish()
	r.wantConsumers("a ACTIVE, ")
	if next, pending := r.NextDue(); pending {
		t.Errorf("still due: %+v", next)
	}
}

// The stream's own transition and its consumers' do not mix.
func TestConsumerOfAStreamInTransition(t *testing.T) {
	r := testRig(t)
	r.terms.DelayMillis = 500
	r.create(1)
	r.refuse(&RegisterConsumer{Ref: orders, Consumer: "a"},
		"ResourceInUseException: Stream orders under account 000000000000 not ACTIVE, instead in state CREATING")
	r.finish()
	r.must(&UpdateShardCount{Ref: orders, Target: 2})
	r.terms.AtMillis -= 100
	r.register("a")
	r.finish()
	r.wantConsumers("a ACTIVE, ")
	if r.orders().Status != types.StreamStatusUpdating {
		t.Errorf("status %s", r.orders().Status)
	}
	r.finish()
	if r.orders().Status != types.StreamStatusActive {
		t.Errorf("status %s", r.orders().Status)
	}
}

func TestConsumerQuotas(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.terms.Quotas = Quotas{Consumers: 3, CreatingConsumers: 2}
	r.terms.DelayMillis = 500
	r.register("a")
	r.register("b")
	r.refuse(&RegisterConsumer{Ref: orders, Consumer: "c"},
		"LimitExceededException: Stream orders under account 000000000000 has 2 consumers that are CREATING. Limit: 2")
	r.finish()
	r.register("c")
	r.finish()
	r.refuse(&RegisterConsumer{Ref: orders, Consumer: "d"},
		"LimitExceededException: Stream orders under account 000000000000 has 3 consumers. Limit: 3")
}

func TestConsumerTags(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.must(&RegisterConsumer{Ref: orders, Consumer: "analytics", Tags: map[string]string{"a": "1"}})
	before := r.orders()
	r.must(&AddConsumerTags{analytics, map[string]string{"a": "2", "b": "3"}})
	r.must(&RemoveConsumerTags{analytics, []string{"b", "c"}})
	c, _ := r.orders().Consumer("analytics")
	if len(c.Tags) != 1 || c.Tags["a"] != "2" {
		t.Errorf("tags %v", c.Tags)
	}
	if old, _ := before.Consumer("analytics"); old.Tags["a"] != "1" {
		t.Errorf("an old version changed: %v", old.Tags)
	}
	many := map[string]string{}
	for i := range MaxTags {
		many[string(rune('α'+i))] = ""
	}
	r.refuse(&AddConsumerTags{analytics, many}, "InvalidArgumentException: Failed to add tags to consumer analytics under account 000000000000 "+
		"because a given consumer cannot have more than 50 tags associated with it.")
}

func TestDeleteConsumedStream(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.register("a")
	r.refuse(&DeleteStream{Ref: orders}, "ResourceInUseException: Stream orders under account 000000000000 has registered consumers. "+
		"Deregister them first, or set EnforceConsumerDeletion to true.")
	r.terms.DelayMillis = 500
	r.must(&DeregisterConsumer{ConsumerRef{Ref: orders, Consumer: "a"}})
	r.must(&DeleteStream{Ref: orders}) // DELETING consumers do not hold it
	r.wantConsumers("")
	r.finish()
	r.terms.DelayMillis = 0
	r.create(1)
	r.register("a")
	r.must(&DeleteStream{Ref: orders, WithConsumers: true})
	if _, there := r.Stream(orders.Account, orders.Region, orders.Name); there {
		t.Error("not deleted")
	}
}
