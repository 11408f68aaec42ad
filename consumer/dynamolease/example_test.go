package dynamolease_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/leattest"
)

// The leases of an application, whose workers may be written in Go or Java, can
// be looked at while they work: how far each shard has come, and who is at it.
func Example() {
	srv, err := leattest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	ctx := context.Background()
	store := dynamolease.New(dynamodb.NewFromConfig(srv.AWSConfig()), "my-application")
	if err := store.Open(ctx); err != nil {
		fmt.Println(err)
		return
	}
	l := lease.New("", "shardId-000000000000", lease.TrimHorizon)
	if _, err := store.Create(ctx, l); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := store.Assign(ctx, l, "worker-1"); err != nil {
		fmt.Println(err)
		return
	}
	all, err := store.List(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range all.Leases {
		fmt.Println(l.ShardID(), l.Checkpoint, l.Holder())
	}
	// Output: shardId-000000000000 TRIM_HORIZON worker-1
}
