package awsjson

import "github.com/leat-io/leat/api"

// AppendError appends the body of an error (spec data-streams §2.3): the type
// alone when it has no message; the message as "Message" for a
// SerializationException, as "message" for everything else.
func AppendError(dst []byte, e *api.Error) []byte {
	dst = append(dst, `{"__type":`...)
	dst = appendString(dst, e.Code)
	if e.Message != "" {
		key := `,"message":`
		if e.Code == "SerializationException" {
			key = `,"Message":`
		}
		dst = append(dst, key...)
		dst = appendString(dst, e.Message)
	}
	return append(dst, '}')
}
