package aggregation_test

import (
	"fmt"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/stream"
)

// Many user records become the data of one Kinesis record.
func ExampleAggregator() {
	var a aggregation.Aggregator
	for i := range 3 {
		added, err := a.Add(aggregation.UserRecord{PartitionKey: "customer-7", Data: fmt.Appendf(nil, "order %d", i)})
		if err != nil || !added {
			fmt.Println("not added:", err)
			return
		}
	}
	data := a.AppendData(nil)
	fmt.Println(a.Count(), "user records in", len(data), "bytes")
	fmt.Println("PartitionKey", a.PartitionKey(), "ExplicitHashKey", a.HashKey())
	// Output:
	// 3 user records in 71 bytes
	// PartitionKey a ExplicitHashKey 18423839322852854807796920976199280094
}

// Whoever reads a stream takes every record apart. Those that are no aggregates
// are user records by themselves.
func ExampleDeaggregate() {
	var a aggregation.Aggregator
	a.Add(aggregation.UserRecord{PartitionKey: "customer-7", Data: []byte("two apples")})
	a.Add(aggregation.UserRecord{PartitionKey: "customer-9", Data: []byte("a pear")})
	fromKinesis := [][]byte{a.AppendData(nil), []byte("a plain record")}

	everything := stream.HashKeyRange{End: stream.MaxHashKey}
	for _, data := range fromKinesis {
		records, aggregated, err := aggregation.Deaggregate(nil, data, everything)
		if !aggregated {
			fmt.Printf("%s\n", data)
			continue
		}
		for sub, r := range records {
			fmt.Printf("%d %s: %s\n", sub, r.PartitionKey, r.Data)
		}
		if err != nil {
			fmt.Println(err) // a consumer would log it, and go on
		}
	}
	// Output:
	// 0 customer-7: two apples
	// 1 customer-9: a pear
	// a plain record
}
