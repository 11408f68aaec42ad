package awsjson

import (
	"reflect"

	"github.com/leat-io/leat/api"
)

// AppendError appends the body of an error (spec data-streams §2.3): the type
// alone when it has no message; the message as "Message" for a
// SerializationException, as "message" for everything else. In AWS JSON 1.0 the
// type has a namespace, which is empty in 1.1.
func AppendError(dst []byte, e *api.Error, namespace string) []byte {
	dst = append(dst, `{"__type":`...)
	code := e.Code
	if namespace != "" {
		code = namespace + "#" + code
	}
	dst = appendString(dst, code)
	if e.Message != "" {
		key := `,"message":`
		if e.Code == "SerializationException" {
			key = `,"Message":`
		}
		dst = append(dst, key...)
		dst = appendString(dst, e.Message)
	}
	if e.Shape != nil {
		dst = appendErrorMembers(dst, reflect.ValueOf(e.Shape).Elem())
	}
	return append(dst, '}')
}

// appendErrorMembers appends what an error's shape has besides a message.
func appendErrorMembers(dst []byte, shape reflect.Value) []byte {
	for _, f := range api.FieldsOf(shape.Type()) {
		field := shape.Field(f.Index)
		if f.Name == "Message" || f.Name == "ErrorCodeOverride" || absent(field, f.Type) {
			continue
		}
		dst = append(appendString(append(dst, ','), f.Name), ':')
		dst = encoder{}.value(dst, field, f.Type)
	}
	return dst
}
