package awsjson

import (
	"reflect"
	"strconv"

	"github.com/leat-io/leat/api/kinesisapi"
)

// AppendEvent appends a page as an event of SubscribeToShard. PageBytes bounds
// its length too.
func AppendEvent(dst []byte, p *kinesisapi.Page) []byte {
	dst = append(dst, '{')
	if !p.ContinuationSequenceNumber.IsZero() {
		dst = append(dst, `"ContinuationSequenceNumber":"`...)
		dst = p.ContinuationSequenceNumber.Append(dst)
		dst = append(dst, `",`...)
	}
	dst = append(dst, `"MillisBehindLatest":`...)
	dst = strconv.AppendInt(dst, p.MillisBehindLatest, 10)
	if len(p.ChildShards) > 0 {
		dst = append(dst, `,"ChildShards":`...)
		dst = encoder{}.list(dst, reflect.ValueOf(p.ChildShards))
	}
	dst = append(dst, `,"Records":`...)
	dst = appendRecords(dst, p.Records)
	return append(dst, '}')
}

// AppendMessage appends what an event stream says about an exception beside
// its code, which stands in a header.
func AppendMessage(dst []byte, message string) []byte {
	dst = append(dst, `{"message":`...)
	dst = appendString(dst, message)
	return append(dst, '}')
}
