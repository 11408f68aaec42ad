package dynamodb

import (
	"io"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// TestConcurrency counts from many goroutines while others scan, query and take
// snapshots: nothing is counted twice or lost, and what is read never goes back.
func TestConcurrency(t *testing.T) {
	const counters, rounds, readers = 8, 50, 3
	r := newRig(t, Options{})
	r.createTable("id")
	var counting, reading sync.WaitGroup
	for n := range counters {
		counting.Go(func() {
			for range rounds {
				_, err := r.UpdateItem(r.ctx, &updateIn{
					TableName: table, Key: attr.Item{"id": str(string(rune('a' + n%2)))},
					UpdateExpression:          aws.String("ADD n :one SET #o = :o, #at = :at"),
					ExpressionAttributeNames:  map[string]string{"#o": "owner", "#at": "at"},
					ExpressionAttributeValues: attr.Item{":one": num("1"), ":o": str("w"), ":at": num("7")},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	counted := make(chan struct{})
	for range readers {
		reading.Go(func() { r.readUntil(t, counted) })
	}
	counting.Wait()
	close(counted)
	reading.Wait()
	for _, id := range []string{"a", "b"} {
		out := must[*dynamodb.GetItemOutput](t)(r.GetItem(r.ctx, &getIn{TableName: table, Key: attr.Item{"id": str(id)}}))
		if got := integer(out.Item["n"]); got != counters/2*rounds {
			t.Errorf("%s is counted to %d", id, got)
		}
	}
	r.checkReplay()
}

// readUntil reads until nobody counts any more.
func (r *rig) readUntil(t *testing.T, counted <-chan struct{}) {
	last := map[string]int{}
	for {
		select {
		case <-counted:
			return
		default:
		}
		scan, err := r.Scan(r.ctx, &scanIn{TableName: table})
		if err != nil {
			t.Error(err)
			return
		}
		for _, item := range scan.Items {
			if n := integer(item["n"]); n < last[text(item["id"])] {
				t.Errorf("from %d back to %d", last[text(item["id"])], n)
			} else {
				last[text(item["id"])] = n
			}
		}
		_, err = r.Query(r.ctx, &queryIn{TableName: table, IndexName: aws.String("by"), KeyConditions: map[string]types.Condition{
			"owner": {ComparisonOperator: types.ComparisonOperatorEq, AttributeValueList: []attr.Value{str("w")}},
		}})
		if err == nil {
			err = r.state.Snapshot()(io.Discard)
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}
