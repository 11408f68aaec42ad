package query

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/leat-io/leat/api"
)

// Append appends the answer of an operation with its output, a pointer to the
// SDK's shape, to dst. What has no value is left out.
func Append(dst []byte, of *api.Query, operation string, output any, requestID string) []byte {
	result := reflect.ValueOf(output).Elem()
	dst = append(dst, "<"+operation+`Response xmlns="`+of.Namespace+`">`...)
	if len(api.FieldsOf(result.Type())) > 0 {
		dst = appendElement(dst, operation+"Result", result, api.Struct)
	}
	dst = append(dst, "<ResponseMetadata><RequestId>"+requestID+"</RequestId></ResponseMetadata>"...)
	return append(dst, "</"+operation+"Response>\n"...)
}

// codes are the names in AWS Query of errors that no API models.
var codes = map[string]string{
	"AccessDeniedException":               "AccessDenied",
	"ExpiredTokenException":               "ExpiredToken",
	"IncompleteSignatureException":        "IncompleteSignature",
	"InvalidSignatureException":           "SignatureDoesNotMatch",
	"MissingAuthenticationTokenException": "MissingAuthenticationToken",
	"ThrottlingException":                 "Throttling",
	"UnrecognizedClientException":         "InvalidClientTokenId",
}

// AppendError appends the answer to a call that failed through the fault of its
// sender, or else of the receiver. The API is nil when it is not known.
func AppendError(dst []byte, of *api.Query, e *api.Error, sender bool, requestID string) []byte {
	fault, namespace, code := "Receiver", "", e.Code
	if name, ok := codes[code]; ok {
		code = name
	}
	if sender {
		fault = "Sender"
	}
	if of != nil {
		namespace = ` xmlns="` + of.Namespace + `"`
		if old, ok := of.Codes[code]; ok {
			code = old
		}
	}
	dst = append(dst, "<ErrorResponse"+namespace+"><Error><Type>"+fault+"</Type>"...)
	dst = appendText(dst, "Code", code)
	dst = appendText(dst, "Message", e.Message)
	return append(dst, "</Error><RequestId>"+requestID+"</RequestId></ErrorResponse>\n"...)
}

func appendElement(dst []byte, name string, v reflect.Value, t api.Type) []byte {
	if absent(v, t) {
		return dst
	}
	switch t {
	case api.Struct, api.List, api.Map, api.MapOf:
		dst = append(dst, "<"+name+">"...)
		dst = appendParts(dst, reflect.Indirect(v), t)
		return append(dst, "</"+name+">"...)
	}
	return appendText(dst, name, textOf(reflect.Indirect(v), t))
}

// appendParts appends what is inside a structure, a list or a map.
func appendParts(dst []byte, v reflect.Value, t api.Type) []byte {
	switch t {
	case api.Struct:
		for _, f := range api.FieldsOf(v.Type()) {
			dst = appendElement(dst, f.Name, v.Field(f.Index), f.Type)
		}
	case api.List:
		element := api.TypeOf(v.Type().Elem())
		for i := range v.Len() {
			dst = appendElement(dst, "member", v.Index(i), element)
		}
	default:
		element := api.TypeOf(v.Type().Elem())
		entries := map[string]reflect.Value{}
		for _, k := range v.MapKeys() {
			entries[k.String()] = v.MapIndex(k)
		}
		for _, k := range slices.Sorted(maps.Keys(entries)) {
			dst = appendText(append(dst, "<entry>"...), "key", k)
			dst = append(appendElement(dst, "value", entries[k], element), "</entry>"...)
		}
	}
	return dst
}

// absent reports whether a field holds nothing.
func absent(v reflect.Value, t api.Type) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	}
	return t == api.EnumText && v.Len() == 0
}

func textOf(v reflect.Value, t api.Type) string {
	switch t {
	case api.Integer, api.Long, api.Count:
		return strconv.FormatInt(v.Int(), 10)
	case api.Double, api.Real:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case api.Boolean:
		return strconv.FormatBool(v.Bool())
	case api.Timestamp, api.Instant:
		return v.Interface().(time.Time).UTC().Format("2006-01-02T15:04:05.999Z")
	case api.Blob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	}
	return v.String()
}

// appendText appends an element with nothing but text in it. What XML cannot
// hold becomes U+FFFD.
func appendText(dst []byte, name, text string) []byte {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	dst = append(append(dst, "<"+name+">"...), b.Bytes()...)
	return append(dst, "</"+name+">"...)
}
