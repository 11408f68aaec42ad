package kinesis

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/stream"
)

// Of many who create the same stream, split the same shard or delete the same
// stream, one succeeds: what is checked still holds when it is done.
func TestOneWins(t *testing.T) {
	r := newRig(t, 0, rigOptions{})
	race := func(what, loser string, call func() error) {
		t.Helper()
		var wg sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			wg.Go(func() { errs[i] = call() })
		}
		wg.Wait()
		winners := 0
		for _, err := range errs {
			var refused *api.Error
			switch {
			case err == nil:
				winners++
			case !errors.As(err, &refused) || refused.Code != loser:
				t.Errorf("%s: %v", what, err)
			}
		}
		if winners != 1 {
			t.Errorf("%s: %d succeeded", what, winners)
		}
	}
	name := &testRef.Name
	for range 10 {
		race("create", "ResourceInUseException", func() error {
			_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)})
			return err
		})
		race("split", "InvalidArgumentException", func() error {
			_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: name,
				ShardToSplit: aws.String("0"), NewStartingHashKey: aws.String("1000")})
			return err
		})
		race("delete", "ResourceNotFoundException", func() error {
			_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: name})
			return err
		})
	}
}

// The version of a stream that a reader holds stays what it is while the stream
// is changed.
func TestReadersSeeWholeVersions(t *testing.T) {
	r := newRig(t, 1, rigOptions{})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				x := r.orders()
				next := stream.HashKey{}
				for _, sh := range x.Open() {
					if sh.Closed() || sh.Range.Start != next || x.Route(sh.Range.End) != sh {
						t.Errorf("shard %+v in %+v", sh, x)
						return
					}
					next = sh.Range.End.Next()
				}
				if len(x.Tags) != 0 && x.Tags["shards"] != fmt.Sprint(x.NextShard) {
					t.Errorf("tags %v with %d shards", x.Tags, x.NextShard)
					return
				}
			}
		})
	}
	for i := range 60 {
		r.scale(int32(i*7%11 + 1))
		_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &testRef.Name,
			Tags: map[string]string{"shards": fmt.Sprint(r.orders().NextShard)}})
		ok(t, err)
		_, err = r.RemoveTagsFromStream(r.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: &testRef.Name, TagKeys: []string{"shards"}})
		ok(t, err)
	}
	close(done)
	wg.Wait()
}
