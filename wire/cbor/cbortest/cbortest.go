// Package cbortest lets the AWS SDK for Go, which only speaks JSON, speak CBOR,
// for tests of servers.
//
// This package's API may change.
package cbortest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
	"github.com/leat-io/leat/wire/cbor"
	"github.com/leat-io/leat/wire/cbor/shapetest"
)

// Transport translates the JSON of a client of Kinesis to CBOR on the way to
// the server, and back. What the client signed is no longer what is sent, so
// the server must not verify signatures. It is safe for concurrent use if Base
// is.
type Transport struct {
	Base    http.RoundTripper
	Dialect cbor.Dialect
}

var _ http.RoundTripper = Transport{}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	method, ok := reflect.TypeFor[*kinesis.Client]().MethodByName(operation)
	if !ok {
		return nil, fmt.Errorf("no operation %q", operation)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	input := reflect.New(method.Type.In(2).Elem()).Interface()
	parsed, ok := awsjson.Parse(body)
	if !ok {
		return nil, fmt.Errorf("%s: not JSON: %q", operation, body)
	}
	if err := decode(parsed, input); err != nil {
		return nil, err
	}
	resp, err := t.Base.RoundTrip(t.request(r, operation, cbor.Append(nil, input, nil, t.Dialect)))
	if err != nil {
		return nil, err
	}
	return t.response(resp, reflect.New(method.Type.Out(0).Elem()).Interface())
}

// request returns r with another body and the headers of the dialect.
func (t Transport) request(r *http.Request, operation string, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Del("Content-Length")
	r.Header.Set("Content-Type", t.contentType())
	if t.Dialect == cbor.RPC {
		r.URL.Path = "/service/Kinesis_20131202/operation/" + operation
		r.Header.Del("X-Amz-Target")
		r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	}
	return r
}

func (t Transport) contentType() string {
	if t.Dialect == cbor.RPC {
		return "application/cbor"
	}
	return "application/x-amz-cbor-1.1"
}

// response returns the answer as JSON. Output is an empty shape for it.
func (t Transport) response(resp *http.Response, output any) (*http.Response, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if got := resp.Header.Get("Content-Type"); got != t.contentType() {
		return nil, fmt.Errorf("the answer's content type is %q: %q", got, body)
	}
	if got := resp.Header.Get("Smithy-Protocol"); (got == "rpc-v2-cbor") != (t.Dialect == cbor.RPC) {
		return nil, fmt.Errorf("the answer's protocol is %q", got)
	}
	if len(body) > 0 {
		if body, err = t.toJSON(body, resp.StatusCode, output); err != nil {
			return nil, err
		}
	}
	resp.Header.Set("Content-Type", "application/x-amz-json-1.1")
	resp.Header.Del("Content-Length")
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func (t Transport) toJSON(body []byte, status int, output any) ([]byte, error) {
	v, ok := cbor.Parse(body, t.Dialect)
	if !ok || v.Kind() != api.KindMap {
		return nil, fmt.Errorf("the answer is no CBOR map: %x", body)
	}
	if status == http.StatusOK {
		if err := decode(v, output); err != nil {
			return nil, err
		}
		return awsjson.Append(nil, output, kinesisapi.Service.RequiredLists), nil
	}
	var e api.Error
	for name, value := range v.Members() {
		switch name {
		case "__type":
			e.Code = value.Text()
		case "message", "Message":
			e.Message = value.Text()
		}
	}
	return awsjson.AppendError(nil, &e, ""), nil
}

// decode is api.Decode without constraints.
func decode[V api.Value[V]](v V, into any) error {
	return api.Decode(v, into, &api.Operation{Input: shapetest.StructureOf(reflect.TypeOf(into).Elem())})
}
