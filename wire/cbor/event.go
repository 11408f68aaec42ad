package cbor

import (
	"reflect"

	"github.com/leat-io/leat/api/kinesisapi"
)

// AppendEvent appends a page as an event of SubscribeToShard. PageBytes bounds
// its length too.
func AppendEvent(dst []byte, p *kinesisapi.Page, d Dialect) []byte {
	dst = append(dst, openMap)
	if !p.ContinuationSequenceNumber.IsZero() {
		dst = appendText(dst, "ContinuationSequenceNumber")
		var at int
		dst, at = beginShort(dst)
		dst = p.ContinuationSequenceNumber.Append(dst)
		endShort(dst, at)
	}
	dst = appendInt(appendText(dst, "MillisBehindLatest"), p.MillisBehindLatest)
	if len(p.ChildShards) > 0 {
		dst = appendText(dst, "ChildShards")
		dst = encoder{}.list(dst, reflect.ValueOf(p.ChildShards))
	}
	dst = append(appendText(dst, "Records"), openList)
	for i := range p.Records {
		dst = appendRecord(dst, &p.Records[i], d)
	}
	return append(dst, stop, stop)
}

// AppendMessage appends what an event stream says about an exception beside
// its code, which stands in a header.
func AppendMessage(dst []byte, message string) []byte {
	dst = appendText(append(dst, openMap), "message")
	return append(appendText(dst, message), stop)
}
