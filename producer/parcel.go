package producer

import (
	"sync"
	"time"

	"github.com/leat-io/leat/aggregation"
	"github.com/leat-io/leat/stream"
)

// parcel is a Kinesis record on its way, with one user record in it or many. It
// belongs to Producer.mu, but while it is being sent to the goroutine that sends
// it.
type parcel struct {
	shard *shard // where it is predicted to go

	// filling holds the user records until the parcel is first sent, encoded
	// what is sent from then on.
	filling *aggregation.Aggregator
	encoded encoded

	users     []func(Result) // who is told, by sub-sequence number; nil for nobody
	low, high stream.HashKey // the least and the highest hash key of its user records
	room      int            // what it takes of the buffer
	data      sizes          // of the user records' data

	arrival  time.Time // of its first user record
	epoch    *epoch
	sealed   bool // it takes no more user records
	left     bool // it was sent, or is finished
	alone    bool // it is to have a request of its own
	attempts []Attempt
	lastErr  error // why the last attempt failed
}

// encoded is a parcel in the form of a request's entry.
type encoded struct {
	data            []byte
	partitionKey    string
	explicitHashKey string
	aggregate       bool
}

// sizes sums up lengths as a metric wants them.
type sizes struct {
	sum, least, most int
}

// bytes returns what the parcel adds to a request.
func (q *parcel) bytes() int {
	if q.filling != nil {
		return q.filling.Size() + len(q.filling.PartitionKey())
	}
	return len(q.encoded.data) + len(q.encoded.partitionKey)
}

// coveredBy reports whether all user records belong into the range.
func (q *parcel) coveredBy(r stream.HashKeyRange) bool {
	return r.Contains(q.low) && r.Contains(q.high)
}

// note keeps book of a user record that was added.
func (q *parcel) note(r Record, hashKey stream.HashKey, done func(Result), room int) {
	n := len(r.Data)
	if len(q.users) == 0 {
		q.low, q.high = hashKey, hashKey
		q.data = sizes{0, n, n}
	} else if hashKey.Less(q.low) {
		q.low = hashKey
	} else if q.high.Less(hashKey) {
		q.high = hashKey
	}
	q.users = append(q.users, done)
	q.room += room
	q.data = sizes{q.data.sum + n, min(q.data.least, n), max(q.data.most, n)}
}

// newLone makes a parcel of one user record, and copies it.
func newLone(r Record, hashKey stream.HashKey, done func(Result), room int) *parcel {
	q := &parcel{sealed: true, encoded: encoded{
		data:            append(make([]byte, 0, len(r.Data)), r.Data...),
		partitionKey:    r.PartitionKey,
		explicitHashKey: hashKey.String(),
	}}
	q.note(r, hashKey, done, room)
	return q
}

// aggregators keeps the memory of aggregates that were sent.
var aggregators = sync.Pool{New: func() any { return new(aggregation.Aggregator) }}

// newAggregate makes an empty parcel.
func (c *config) newAggregate() *parcel {
	a := aggregators.Get().(*aggregation.Aggregator)
	a.MaxSize, a.MaxCount = c.aggregationMaxSize, c.aggregationMaxCount
	return &parcel{filling: a}
}

// add adds a user record that fits, and reports whether it did.
func (q *parcel) add(r Record) bool {
	added, err := q.filling.Add(r)
	if err != nil {
		panic("BUG: the aggregator refuses keys that were checked: " + err.Error())
	}
	return added
}

// full reports whether nothing more will fit for sure.
func (q *parcel) full(c *config) bool {
	return q.filling.Count() >= c.aggregationMaxCount || q.filling.Size() >= c.aggregationMaxSize
}

// encode brings a parcel into the form of an entry.
func (q *parcel) encode() {
	a := q.filling
	if a == nil {
		return
	}
	q.encoded = encoded{
		data:            a.AppendData(make([]byte, 0, a.Size())),
		partitionKey:    a.PartitionKey(),
		explicitHashKey: a.HashKey().String(),
		aggregate:       a.Wraps(),
	}
	q.filling = nil
	if a.Size() <= a.MaxSize { // the memory of a giant is not kept
		a.Reset()
		aggregators.Put(a)
	}
}

// records returns the user records of an encoded parcel.
func (q *parcel) records() []Record {
	if q.encoded.aggregate {
		records, _, err := aggregation.Deaggregate(make([]Record, 0, len(q.users)), q.encoded.data, stream.HashKeyRange{End: stream.MaxHashKey})
		if err != nil || len(records) != len(q.users) {
			panic("BUG: an aggregate of our own cannot be read")
		}
		return records
	}
	r := Record{PartitionKey: q.encoded.partitionKey, Data: q.encoded.data}
	if q.low != stream.HashPartitionKey([]byte(r.PartitionKey)) {
		r.ExplicitHashKey = q.encoded.explicitHashKey
	}
	return []Record{r}
}
