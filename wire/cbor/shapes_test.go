package cbor

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
	"github.com/leat-io/leat/wire/cbor/shapetest"
)

// TestEveryShape sends every input and output of the API through each coding
// and expects the same shape back from all.
func TestEveryShape(t *testing.T) {
	client := reflect.TypeFor[*kinesis.Client]()
	n := 0
	for name := range kinesisapi.Service.Operations {
		method, ok := client.MethodByName(name)
		if !ok {
			t.Errorf("the SDK has no %s", name)
			continue
		}
		for _, shape := range []reflect.Type{method.Type.In(2).Elem(), method.Type.Out(0).Elem()} {
			checkShape(t, shape)
			n++
		}
	}
	checkShape(t, reflect.TypeFor[types.SubscribeToShardEvent]())
	if n < 2*45 {
		t.Errorf("%d shapes", n)
	}
}

func checkShape(t *testing.T, shape reflect.Type) {
	t.Helper()
	want := reflect.New(shape)
	shapetest.Fill(want.Elem())
	op := &api.Operation{Input: shapetest.StructureOf(shape)}
	required := kinesisapi.Service.RequiredLists

	got := reflect.New(shape)
	json, ok := awsjson.Parse(awsjson.Append(nil, want.Interface(), required))
	if err := api.Decode(json, got.Interface(), op); err != nil || !ok || !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Fatalf("%s in JSON: got %+v, want %+v: %v", shape, got, want, err)
	}
	for _, d := range []Dialect{AWS, RPC} {
		got := reflect.New(shape)
		encoded := Append(nil, want.Interface(), required, d)
		v, ok := Parse(encoded, d)
		if !ok {
			t.Fatalf("%s: %x is not well formed", shape, encoded)
		}
		if err := api.Decode(v, got.Interface(), op); err != nil || !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Fatalf("%s: got %+v, want %+v: %v", shape, got, want, err)
		}
	}
}
