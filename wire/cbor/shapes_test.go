package cbor

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
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
	seed := 0
	fill(want.Elem(), &seed)
	op := &api.Operation{Input: structureOf(shape)}
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

// fill gives every member of a shape a value of its own.
func fill(v reflect.Value, seed *int) {
	for _, f := range api.FieldsOf(v.Type()) {
		fillValue(v.Field(f.Index), f.Type, seed)
	}
}

func fillValue(v reflect.Value, t api.Type, seed *int) {
	*seed++
	n := *seed
	switch t {
	case api.String:
		v.Set(reflect.ValueOf(aws.String(fmt.Sprintf("text %d é", n))))
	case api.EnumText:
		v.SetString(fmt.Sprint("ENUM_", n))
	case api.Integer:
		v.Set(reflect.ValueOf(aws.Int32(int32(n*n*n - 5000))))
	case api.Long:
		v.Set(reflect.ValueOf(aws.Int64(int64(n) << (n % 50))))
	case api.Boolean:
		v.Set(reflect.ValueOf(aws.Bool(n%2 == 0)))
	case api.Blob:
		v.SetBytes([]byte{byte(n), 0, 255, '"'})
	case api.Timestamp:
		v.Set(reflect.ValueOf(aws.Time(time.UnixMilli(1700000000123 + int64(n)).UTC())))
	case api.Map:
		v.Set(reflect.ValueOf(map[string]string{fmt.Sprint("k", n): "v", "": ""}))
	case api.Struct:
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		fill(v, seed)
	case api.List:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillValue(v.Index(i), api.TypeOf(v.Type().Elem()), seed)
		}
	}
}

// structureOf returns the table of a shape without any constraint.
func structureOf(shape reflect.Type) *api.Structure {
	var members []api.Member
	for _, f := range api.FieldsOf(shape) {
		members = append(members, api.Member{Name: f.Name, Shape: shapeOf(shape.Field(f.Index).Type)})
	}
	return api.NewStructure(members...)
}

func shapeOf(t reflect.Type) api.Shape {
	switch api.TypeOf(t) {
	case api.Struct:
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		return api.Shape{Fields: structureOf(t)}
	case api.List:
		element := shapeOf(t.Elem())
		return api.Shape{Element: &element}
	case api.Map:
		return api.Shape{Key: &api.Shape{}, Value: &api.Shape{}}
	}
	return api.Shape{}
}
