package cbor

import "github.com/leat-io/leat/api"

// AppendError appends the body of an error: the type alone when it has no
// message. AWS spells the message of a SerializationException "Message", in
// CBOR as in JSON; Smithy's protocol always has "message".
func AppendError(dst []byte, e *api.Error, d Dialect) []byte {
	dst = append(dst, openMap)
	dst = appendText(appendText(dst, "__type"), e.Code)
	if e.Message != "" {
		key := "message"
		if e.Code == "SerializationException" && d == AWS {
			key = "Message"
		}
		dst = appendText(appendText(dst, key), e.Message)
	}
	return append(dst, stop)
}
