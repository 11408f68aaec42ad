package cloudwatchapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/cloudwatchapi"
)

// TestTableCoversSDK checks that every operation of the SDK is in the table or
// refused by name, and that the table has exactly the members of their inputs,
// at all depths.
func TestTableCoversSDK(t *testing.T) {
	seen := 0
	client := reflect.TypeFor[*cloudwatch.Client]()
	for i := range client.NumMethod() {
		name, m := client.Method(i).Name, client.Method(i).Type
		if m.NumIn() != 4 || !m.IsVariadic() || m.In(2).Kind() != reflect.Pointer || m.In(2).Elem().Name() != name+"Input" {
			continue
		}
		op := cloudwatchapi.Service.Operations[name]
		if (op != nil) == cloudwatchapi.Service.Unshaped[name] {
			t.Errorf("%s has to be either served or refused by name", name)
		}
		if op == nil {
			continue
		}
		seen++
		checkMembers(t, name, m.In(2).Elem(), op.Input)
		visitTypes(m.Out(0).Elem())
		if op.Name != name || len(op.Errors) == 0 {
			t.Errorf("%s is named %s and has %d errors", name, op.Name, len(op.Errors))
		}
	}
	if seen != len(cloudwatchapi.Service.Operations) {
		t.Errorf("%d operations are the SDK's, the table has %d", seen, len(cloudwatchapi.Service.Operations))
	}
}

func checkMembers(t *testing.T, path string, shape reflect.Type, s *api.Structure) {
	t.Helper()
	if s == nil {
		t.Errorf("%s: no fields in the table", path)
		return
	}
	fields := api.FieldsOf(shape)
	if len(s.Members) > 20 || len(fields) != len(s.Members) {
		t.Errorf("%s: %d members in the SDK, %d in the table, and the decoder takes 20", path, len(fields), len(s.Members))
	}
	for _, f := range fields {
		i := slices.IndexFunc(s.Members, func(m api.Member) bool { return m.Name == f.Name })
		if i < 0 {
			t.Errorf("%s.%s is missing", path, f.Name)
			continue
		}
		checkShape(t, path+"."+f.Name, shape.Field(f.Index).Type, &s.Members[i].Shape)
	}
}

func checkShape(t *testing.T, path string, goType reflect.Type, s *api.Shape) {
	t.Helper()
	switch api.TypeOf(goType) {
	case api.Struct:
		if goType.Kind() == reflect.Pointer {
			goType = goType.Elem()
		}
		checkMembers(t, path, goType, s.Fields)
	case api.List:
		if s.Element == nil {
			t.Errorf("%s: no element in the table", path)
			return
		}
		if api.TypeOf(goType.Elem()) == api.Struct && s.Length.Max == 0 {
			t.Errorf("%s: no bound on the structures in it", path)
		}
		checkShape(t, path+"[]", goType.Elem(), s.Element)
	case api.Map:
		if s.Key == nil || s.Value == nil {
			t.Errorf("%s: no key or value in the table", path)
		}
	}
}

// visitTypes panics where a member of an output has a type that the encoders do
// not know.
func visitTypes(shape reflect.Type) {
	for _, f := range api.FieldsOf(shape) {
		field := shape.Field(f.Index).Type
		for field.Kind() == reflect.Pointer || field.Kind() == reflect.Slice || field.Kind() == reflect.Map {
			field = field.Elem()
		}
		if f.Type != api.Timestamp && f.Type != api.Instant && field.Kind() == reflect.Struct && field.PkgPath() != "time" {
			visitTypes(field)
		}
	}
}
