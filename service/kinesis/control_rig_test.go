package kinesis

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// How control-plane tests speak. They go by the operations, where the rig's
// other methods go by the catalog.

// create makes a provisioned stream.
func (r *rig) create(name string, shards int32) {
	r.t.Helper()
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards})
	if err != nil {
		r.t.Fatal(err)
	}
}

// orders returns the stream testRef as it is.
func (r *rig) orders() *catalog.Stream {
	r.t.Helper()
	x, err := r.existing(testRef)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

// describe returns the description of the stream testRef.
func (r *rig) describe() *types.StreamDescription {
	r.t.Helper()
	out, err := r.DescribeStream(r.ctx, &kinesis.DescribeStreamInput{StreamName: &testRef.Name})
	if err != nil {
		r.t.Fatal(err)
	}
	return out.StreamDescription
}

// scale brings the stream testRef to so many open shards.
func (r *rig) scale(target int32) {
	r.t.Helper()
	r.change(&catalog.UpdateShardCount{Ref: testRef, Target: target})
}

// start runs the service's goroutines until the test ends.
func (r *rig) start() {
	r.Start()
	r.t.Cleanup(r.Close)
}

// await waits until the catalog is as wanted.
func (r *rig) await(what string, wanted func() bool) {
	r.t.Helper()
	deadline := time.After(patience)
	for {
		changed := r.catalog.Changed()
		if wanted() {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// ok fails the test on an error.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// text is a pointer to a string; empty gives nil.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}
