// Package shapetest makes shapes of the AWS SDK, and tables for them, for tests
// of codecs.
//
// This package's API may change.
package shapetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leat-io/leat/api"
)

// Fill gives every member of a shape, and of those in it, a value of its own.
// Lists get two elements.
func Fill(shape reflect.Value) {
	seed := 0
	fill(shape, &seed)
}

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

// StructureOf returns the table of a shape without any constraint.
func StructureOf(shape reflect.Type) *api.Structure {
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
		return api.Shape{Fields: StructureOf(t)}
	case api.List:
		element := shapeOf(t.Elem())
		return api.Shape{Element: &element}
	case api.Map:
		return api.Shape{Key: &api.Shape{}, Value: &api.Shape{}}
	}
	return api.Shape{}
}
