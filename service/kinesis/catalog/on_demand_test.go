package catalog

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
)

// createOnDemand makes the stream orders, on-demand.
func (r *rig) createOnDemand() *Stream {
	r.Helper()
	r.must(&CreateStream{Ref: orders, Mode: types.StreamModeOnDemand, Shards: MinOnDemandShards, MaxRecordKiB: 1024})
	return r.orders()
}

// commit enables or disables the commitment of the account of orders.
func (r *rig) commit(enable bool) Commitment {
	r.Helper()
	return r.must(&UpdateAccount{Account: orders.Account, Region: orders.Region, Enable: enable}).(Commitment)
}

func TestCommitment(t *testing.T) {
	r := testRig(t)
	if got := r.commit(false); got != (Commitment{}) || got.Enabled(t0) {
		t.Errorf("disabled before it was made: %+v", got)
	}
	if got := r.commit(true); got != (Commitment{StartedMillis: t0}) || !got.Enabled(t0) {
		t.Errorf("enabled: %+v", got)
	}
	r.terms.AtMillis += hourMillis
	end := int64(t0 + 24*hourMillis)
	if got := r.commit(false); got != (Commitment{t0, end}) || !got.Enabled(end-1) || got.Enabled(end) {
		t.Errorf("disabled after an hour: %+v", got)
	}
	if got := r.commit(true); got != (Commitment{StartedMillis: t0}) {
		t.Errorf("enabled again before its end: %+v", got)
	}
	r.terms.AtMillis = end + hourMillis
	if got := r.commit(false); got != (Commitment{t0, end + hourMillis}) || got.Enabled(end+hourMillis) {
		t.Errorf("disabled after 25 hours: %+v", got)
	}
	r.terms.AtMillis += hourMillis
	if got := r.commit(true); got != (Commitment{StartedMillis: r.terms.AtMillis}) {
		t.Errorf("enabled anew: %+v", got)
	}
	if got := r.Commitment("111111111111", orders.Region); got != (Commitment{}) {
		t.Errorf("another account's: %+v", got)
	}
}

func TestWarmThroughput(t *testing.T) {
	r := testRig(t)
	r.createOnDemand()
	r.terms.Quotas.OnDemandShards = 20
	warm := &SetWarmThroughput{Ref: orders, MiBps: 12}
	r.refuse(warm, "ValidationException: WarmThroughputMiBps requires the minimum throughput billing commitment of the account.")
	r.commit(true)
	r.refuse(&SetWarmThroughput{Ref: orders, MiBps: 21},
		"LimitExceededException: This request would exceed the limit on the warm throughput of a data stream. Limit: 20 MiBps")

	r.terms.DelayMillis = 1000
	if got := r.must(warm); got != (Warmed{0, 12}) {
		t.Errorf("began %v", got)
	}
	if x := r.orders(); x.Warmed() != (Warmed{0, 12}) || x.Status != types.StreamStatusUpdating || x.ShardsToBe() != 12 {
		t.Errorf("began to warm up: %v, %s, %d shards to be", x.Warmed(), x.Status, x.ShardsToBe())
	}
	r.finish()
	if x := r.orders(); x.Warmed() != (Warmed{12, 12}) || len(x.Open()) != 12 {
		t.Errorf("warm: %v with %d shards", x.Warmed(), len(x.Open()))
	}

	r.terms.DelayMillis = 0
	if got := r.must(&SetWarmThroughput{Ref: orders, MiBps: 1}); got != (Warmed{1, 1}) {
		t.Errorf("lowered to %v", got)
	}
	if n := len(r.orders().Open()); n != MinOnDemandShards {
		t.Errorf("%d shards after the excess was released", n)
	}
	r.checkShards(r.orders())

	// It goes when the stream is provisioned, and may come back with the mode.
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned})
	r.refuse(warm, "ValidationException: WarmThroughputMiBps is only supported for data streams with on-demand mode.")
	six := int32(6)
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand, WarmMiBps: &six})
	if x := r.orders(); x.Mode != types.StreamModeOnDemand || x.Warmed() != (Warmed{6, 6}) || len(x.Open()) != 6 {
		t.Errorf("switched: %s, %v, %d shards", x.Mode, x.Warmed(), len(x.Open()))
	}
}

func TestCreateWarm(t *testing.T) {
	r := testRig(t)
	r.commit(true)
	eight := int32(8)
	r.terms.DelayMillis = 1000
	r.must(&CreateStream{Ref: orders, Mode: types.StreamModeOnDemand, Shards: 8, WarmMiBps: &eight, MaxRecordKiB: 1024})
	if got := r.orders().Warmed(); got != (Warmed{0, 8}) {
		t.Errorf("CREATING: %v", got)
	}
	r.finish()
	if x := r.orders(); x.Warmed() != (Warmed{8, 8}) || len(x.Open()) != 8 {
		t.Errorf("ACTIVE: %v with %d shards", x.Warmed(), len(x.Open()))
	}
}

func TestMonitoring(t *testing.T) {
	r := testRig(t)
	r.create(1)
	in, out := types.MetricsNameIncomingBytes, types.MetricsNameOutgoingBytes
	set := func(enable bool, metrics ...types.MetricsName) Monitored {
		return r.must(&SetMonitoring{Ref: orders, Enable: enable, Metrics: metrics}).(Monitored)
	}
	for _, c := range []struct{ got, want Monitored }{
		{set(false, in), Monitored{nil, nil}},
		{set(true, out, in, in), Monitored{nil, []types.MetricsName{in, out}}},
		{set(true, in), Monitored{[]types.MetricsName{in, out}, []types.MetricsName{in, out}}},
		{set(false, out), Monitored{[]types.MetricsName{in, out}, []types.MetricsName{in}}},
		{set(false, in, out), Monitored{[]types.MetricsName{in}, nil}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestDistribution(t *testing.T) {
	r := testRig(t)
	r.create(1)
	r.refuse(&SetDistribution{Ref: orders, Auto: true}, "InvalidArgumentException: "+
		"RecordDistributionStrategy AUTO is only supported for data streams with on-demand mode.")
	r.must(&SetDistribution{Ref: orders})
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeOnDemand})
	r.must(&SetDistribution{Ref: orders, Auto: true})
	if !r.orders().Auto {
		t.Error("not AUTO")
	}
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned})
	if r.orders().Auto {
		t.Error("a provisioned stream is AUTO")
	}
}

func TestAdapt(t *testing.T) {
	r := testRig(t)
	x := r.createOnDemand()
	adapt := func(next uint32, a Adaptation) {
		t.Helper()
		before := r.orders().NextShard
		if did := r.must(&Adapt{Stream: x.ID, Next: next, Adaptation: a}); did != (r.orders().NextShard != before) {
			t.Errorf("adapted: %v", did)
		}
		r.checkShards(r.orders())
	}
	wantOpen := func(want ...int) {
		t.Helper()
		if got := openIDs(r.orders()); !slices.Equal(got, want) {
			t.Errorf("open shards %v, want %v", got, want)
		}
	}
	kept, _ := x.Shard(2)
	kept.Meter().Count(1, 1)
	adapt(4, Adaptation{Split: []uint32{0, 3}})
	wantOpen(4, 5, 1, 2, 6, 7)
	if now, _ := r.orders().Shard(2); now.Meter() != kept.Meter() {
		t.Error("the meter of an untouched shard is another one")
	}
	adapt(4, Adaptation{Split: []uint32{1}}) // by an old version
	wantOpen(4, 5, 1, 2, 6, 7)
	adapt(8, Adaptation{Merge: []Merge{{4, 5}, {1, 2}}})
	wantOpen(8, 9, 6, 7)

	r.terms.Quotas.OnDemandShards = 4
	adapt(10, Adaptation{Split: []uint32{6}})
	wantOpen(8, 9, 6, 7)
	r.must(&UpdateStreamMode{Ref: orders, Mode: types.StreamModeProvisioned})
	adapt(10, Adaptation{Merge: []Merge{{6, 7}}})
	wantOpen(8, 9, 6, 7)
	r.must(&Adapt{Stream: storage.StreamID(77)})
}

func TestMeter(t *testing.T) {
	var m Meter
	m.Count(10, 6)
	m.Count(20, 6)
	if got := m.Take(); got != (Counted{30, 2, 0}) || got.Mixed() {
		t.Errorf("one key: %+v", got)
	}
	m.Count(1, 6)
	m.Count(1, 1000)
	if got := m.Take(); got != (Counted{2, 2, 1}) || !got.Mixed() {
		t.Errorf("two keys: %+v", got)
	}
	for i := range 20 {
		m.Count(1, uint64(i/18)*1000)
	}
	if got := m.Take(); got != (Counted{20, 20, 2}) || got.Mixed() {
		t.Errorf("nearly one key: %+v", got)
	}
	if got := m.Take(); got != (Counted{}) || got.Mixed() {
		t.Errorf("nothing: %+v", got)
	}
}

// TestOnDemandForms holds the forms of what only on-demand streams have.
func TestOnDemandForms(t *testing.T) {
	r := testRig(t)
	x := r.createOnDemand()
	r.commit(true)
	r.must(&SetDistribution{Ref: orders, Auto: true})
	r.must(&SetMonitoring{Ref: orders, Enable: true, Metrics: []types.MetricsName{types.MetricsNameIncomingBytes}})
	r.must(&SetWarmThroughput{Ref: orders, MiBps: 3})
	r.terms.DelayMillis = 500
	adapt := &Adapt{Stream: x.ID, Next: 4, Adaptation: Adaptation{Split: []uint32{0}, Merge: []Merge{{2, 3}}}}
	r.must(adapt)

	const command = `{"kind":"adapt","version":1,"terms":{"at":1700000000500},` +
		`"command":{"stream":1,"next":4,"split":[0],"merge":[{"shard":2,"adjacent":3}]}}`
	if got := string(Encode(adapt, Terms{AtMillis: t0})); got != command {
		t.Errorf("got  %s\nwant %s", got, command)
	}
	var b bytes.Buffer
	if err := r.Snapshot()(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"monitored":["IncomingBytes"],"warm":3,"auto":true,`,
		`"pending":{"number":3,"due":1700000001000,"adapt":{"split":[0],"merge":[{"shard":2,"adjacent":3}]}}`,
		`"commitments":[{"account":"000000000000","region":"us-east-1","started":1700000000500}]`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, &b)
		}
	}
}
