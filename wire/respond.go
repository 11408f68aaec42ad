package wire

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
)

const (
	contentJSON      = "application/x-amz-json-1.1"
	contentJSON10    = "application/x-amz-json-1.0"
	contentCBOR      = "application/x-amz-cbor-1.1"
	contentRPC       = "application/cbor" // with the header of rpc.go
	contentQuery     = "application/x-www-form-urlencoded"
	contentPlainJSON = "application/json"
)

// exposedHeaders are those that a browser's script may read.
const exposedHeaders = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"

// Header names are set with AWS's own spelling, past net/http's.
const (
	headerRequestID  = "x-amzn-RequestId"
	headerExtendedID = "x-amz-id-2"
	headerChecksum   = "x-amz-crc32"
	headerQueryError = "x-amzn-query-error" // the code that AWS Query has for an error
)

// identify sets the headers that every answer to a request like r has, and
// returns the request id.
func (h *handler) identify(w http.ResponseWriter, r *http.Request) string {
	header := w.Header()
	id := newRequestID()
	header[headerRequestID] = []string{id}
	if preflight := r.Method == http.MethodOptions && r.Header.Get("Origin") != ""; !preflight {
		header[headerExtendedID] = []string{newExtendedID()}
	}
	if isRPC(r) {
		header[headerProtocol] = []string{protocolRPC} // clients insist on it
	}
	if _, system := h.o.Clock.(clock.System); !system {
		// Clients correct their own clocks by this one.
		header["Date"] = []string{h.o.Clock.Now().UTC().Format(http.TimeFormat)}
	}
	return id
}

// newRequestID returns a random UUID. It names a request and guards nothing,
// so the fast generator will do.
func newRequestID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64())
	b[6] = b[6]&0x0f | 0x40 // version 4
	b[8] = b[8]&0x3f | 0x80 // variant of RFC 9562
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 36)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[c>>4], digits[c&0xf])
	}
	return string(text)
}

// newExtendedID returns 72 random bytes in base64.
func newExtendedID() string {
	var b [72]byte
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rand.Uint64())
	}
	return base64.StdEncoding.EncodeToString(b[:])
}

// send writes a whole answer. An empty contentType sends no such header.
func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	header := w.Header()
	if contentType == "" {
		header["Content-Type"] = nil // keeps net/http from guessing
	} else {
		header["Content-Type"] = []string{contentType}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	if contentType == contentJSON10 { // SDKs check it (spec clients §3.11)
		header[headerChecksum] = []string{strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10)}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// sendXML answers as AWS does when it cannot tell the protocol.
func sendXML(w http.ResponseWriter, status int, code, message string) {
	text := "<" + code + "/>\n"
	if message != "" {
		text = "<" + code + ">\n  <Message>" + message + "</Message>\n</" + code + ">\n"
	}
	send(w, status, "", []byte(text))
}

// sendPlain answers an application/json request, which AWS's Kinesis knows
// only well enough to refuse.
func sendPlain(w http.ResponseWriter, status int, code string) {
	text := `{"Output":{"__type":"com.amazon.coral.service#` + code + `"},"Version":"1.0"}`
	send(w, status, contentPlainJSON, []byte(text))
}

// sendError answers with an error of the API, nil when that is not known, in the
// request's own protocol, whose content type must have a coding.
func sendError(w http.ResponseWriter, contentType string, of *api.Service, e *api.Error) {
	namespace := ""
	if contentType == contentJSON10 {
		namespace = namespaceOf(of, e.Code)
	}
	if of != nil && of.Query != nil && of.Query.Codes[e.Code] != "" {
		w.Header()[headerQueryError] = []string{of.Query.Codes[e.Code] + ";Sender"}
	}
	send(w, statusOf(e.Code), contentType, codingOf(contentType).appendError(nil, e, namespace))
}

// namespaceOf returns where a code belongs in AWS JSON 1.0: to the API, or to
// what is common to all.
func namespaceOf(of *api.Service, code string) string {
	switch {
	case code == "ValidationException":
		return "com.amazon.coral.validate"
	case of != nil && declares(of, nil, code):
		return of.Namespace
	}
	return "com.amazon.coral.service"
}

// statusOf returns the HTTP status of an error (spec data-streams §2.3, §6).
func statusOf(code string) int {
	switch code {
	case "InternalFailure", "InternalFailureException", "InternalServiceFault":
		return http.StatusInternalServerError
	case "ServiceUnavailable":
		return http.StatusServiceUnavailable
	case "RequestTimeoutException":
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}
