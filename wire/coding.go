package wire

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
	"github.com/leat-io/leat/wire/cbor"
)

// coding is how the bodies of a protocol are written.
type coding interface {
	// parse returns the decoder of a body, and whether the body is well formed
	// and an object or map. The body must not change before it is decoded.
	parse(body []byte) (decode, bool)
	append(dst []byte, output any, required map[string]bool) []byte
	// appendError appends an error, whose code has a namespace in AWS JSON 1.0.
	appendError(dst []byte, e *api.Error, namespace string) []byte

	// The hot codecs. Those that decode report false for a body that is for
	// the generic one.
	arenaBytes(body []byte) int // that decoding a put's records needs
	decodePutRecords(body, arena []byte, b *kinesisapi.PutBatch) bool
	decodePutRecord(body, arena []byte, b *kinesisapi.PutBatch) bool
	decodeGetRecords(body []byte, in *kinesis.GetRecordsInput) bool
	appendPutRecordsOutput(dst []byte, b *kinesisapi.PutBatch) []byte
	appendPutRecordOutput(dst []byte, b *kinesisapi.PutBatch) []byte
	pageBytes(p *kinesisapi.Page) int // that appendPage appends, at most
	appendPage(dst []byte, p *kinesisapi.Page) []byte

	// The messages of event streams, for which pageBytes holds too.
	eventType() string // the content type of a message
	appendEvent(dst []byte, p *kinesisapi.Page) []byte
	appendMessage(dst []byte, message string) []byte // of an exception
}

// decode is api.Decode of a body that was parsed.
type decode func(input any, op *api.Operation) error

// codingOf returns the coding of a content type, nil when there is none.
func codingOf(contentType string) coding {
	switch contentType {
	case contentJSON, contentPlainJSON, contentJSON10:
		return jsonCoding{}
	case contentCBOR:
		return cborCoding{cbor.AWS}
	case contentRPC:
		return cborCoding{cbor.RPC}
	}
	return nil
}

// decoderOf returns the decoder of a body that is a map.
func decoderOf[V api.Value[V]](v V, ok bool) (decode, bool) {
	if !ok || v.Kind() != api.KindMap {
		return nil, false
	}
	return func(input any, op *api.Operation) error { return api.Decode(v, input, op) }, true
}

// jsonCoding is AWS JSON 1.1 and 1.0.
type jsonCoding struct{}

func (jsonCoding) parse(body []byte) (decode, bool) { return decoderOf(awsjson.Parse(body)) }

func (jsonCoding) append(dst []byte, output any, required map[string]bool) []byte {
	return awsjson.Append(dst, output, required)
}

func (jsonCoding) appendError(dst []byte, e *api.Error, namespace string) []byte {
	return awsjson.AppendError(dst, e, namespace)
}

func (jsonCoding) arenaBytes(body []byte) int { return awsjson.ArenaBytes(body) }

func (jsonCoding) decodePutRecords(body, arena []byte, b *kinesisapi.PutBatch) bool {
	return awsjson.DecodePutRecords(body, arena, b)
}

func (jsonCoding) decodePutRecord(body, arena []byte, b *kinesisapi.PutBatch) bool {
	return awsjson.DecodePutRecord(body, arena, b)
}

func (jsonCoding) decodeGetRecords(body []byte, in *kinesis.GetRecordsInput) bool {
	return awsjson.DecodeGetRecords(body, in)
}

func (jsonCoding) appendPutRecordsOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	return awsjson.AppendPutRecordsOutput(dst, b)
}

func (jsonCoding) appendPutRecordOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	return awsjson.AppendPutRecordOutput(dst, b)
}

func (jsonCoding) pageBytes(p *kinesisapi.Page) int { return awsjson.PageBytes(p) }

func (jsonCoding) appendPage(dst []byte, p *kinesisapi.Page) []byte {
	return awsjson.AppendPage(dst, p)
}

func (jsonCoding) eventType() string { return contentPlainJSON }

func (jsonCoding) appendEvent(dst []byte, p *kinesisapi.Page) []byte {
	return awsjson.AppendEvent(dst, p)
}

func (jsonCoding) appendMessage(dst []byte, message string) []byte {
	return awsjson.AppendMessage(dst, message)
}

// cborCoding is AWS CBOR 1.1 or Smithy RPC v2. Records need no arena: they lie
// in the body as they are.
type cborCoding struct{ dialect cbor.Dialect }

func (c cborCoding) parse(body []byte) (decode, bool) {
	return decoderOf(cbor.Parse(body, c.dialect))
}

func (c cborCoding) append(dst []byte, output any, required map[string]bool) []byte {
	return cbor.Append(dst, output, required, c.dialect)
}

func (c cborCoding) appendError(dst []byte, e *api.Error, _ string) []byte {
	return cbor.AppendError(dst, e, c.dialect)
}

func (cborCoding) arenaBytes([]byte) int { return 0 }

func (cborCoding) decodePutRecords(body, _ []byte, b *kinesisapi.PutBatch) bool {
	return cbor.DecodePutRecords(body, b)
}

func (cborCoding) decodePutRecord(body, _ []byte, b *kinesisapi.PutBatch) bool {
	return cbor.DecodePutRecord(body, b)
}

func (cborCoding) decodeGetRecords(body []byte, in *kinesis.GetRecordsInput) bool {
	return cbor.DecodeGetRecords(body, in)
}

func (cborCoding) appendPutRecordsOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	return cbor.AppendPutRecordsOutput(dst, b)
}

func (cborCoding) appendPutRecordOutput(dst []byte, b *kinesisapi.PutBatch) []byte {
	return cbor.AppendPutRecordOutput(dst, b)
}

func (cborCoding) pageBytes(p *kinesisapi.Page) int { return cbor.PageBytes(p) }

func (c cborCoding) appendPage(dst []byte, p *kinesisapi.Page) []byte {
	return cbor.AppendPage(dst, p, c.dialect)
}

func (c cborCoding) eventType() string {
	if c.dialect == cbor.RPC {
		return contentRPC
	}
	return contentCBOR
}

func (c cborCoding) appendEvent(dst []byte, p *kinesisapi.Page) []byte {
	return cbor.AppendEvent(dst, p, c.dialect)
}

func (cborCoding) appendMessage(dst []byte, message string) []byte {
	return cbor.AppendMessage(dst, message)
}
