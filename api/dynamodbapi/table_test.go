package dynamodbapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/dynamodbapi"
)

// sdkOperation is an operation as the SDK's client has it.
type sdkOperation struct {
	name          string
	input, output reflect.Type
}

// sdkOperations returns the methods of the SDK's client that are operations.
func sdkOperations() (all []sdkOperation) {
	client := reflect.TypeFor[*dynamodb.Client]()
	for i := range client.NumMethod() {
		name, m := client.Method(i).Name, client.Method(i).Type
		if m.NumIn() == 4 && m.IsVariadic() && m.In(2).Kind() == reflect.Pointer && m.In(2).Elem().Name() == name+"Input" {
			all = append(all, sdkOperation{name, m.In(2).Elem(), m.Out(0).Elem()})
		}
	}
	return all
}

// TestTableCoversSDK checks that every operation of the SDK is in the table or
// refused by name, and that the table has exactly the members of their inputs,
// at all depths, but below those that are not served.
func TestTableCoversSDK(t *testing.T) {
	seen := 0
	for _, o := range sdkOperations() {
		op := dynamodbapi.Service.Operations[o.name]
		if (op != nil) == dynamodbapi.Service.Unshaped[o.name] {
			t.Errorf("%s has to be either served or refused by name", o.name)
		}
		if op == nil {
			continue
		}
		seen++
		checkMembers(t, o.name, o.input, op.Input)
		if len(op.Errors) == 0 {
			t.Errorf("%s has no errors", o.name)
		}
	}
	if seen != len(dynamodbapi.Service.Operations) || seen != 22 {
		t.Errorf("%d operations are the SDK's, the table has %d", seen, len(dynamodbapi.Service.Operations))
	}
}

func checkMembers(t *testing.T, path string, shape reflect.Type, s *api.Structure) {
	t.Helper()
	if s == nil {
		t.Errorf("%s: no fields in the table", path)
		return
	}
	if len(s.Members) > 20 {
		t.Errorf("%s: more members than the decoder takes", path)
	}
	var fields []reflect.StructField
	for i := range shape.NumField() {
		if f := shape.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			fields = append(fields, f)
		}
	}
	if len(fields) != len(s.Members) {
		t.Errorf("%s: %d members in the SDK, %d in the table", path, len(fields), len(s.Members))
	}
	for _, f := range fields {
		i := slices.IndexFunc(s.Members, func(m api.Member) bool { return m.Name == f.Name })
		if i < 0 {
			t.Errorf("%s.%s is missing", path, f.Name)
			continue
		}
		if !s.Members[i].Unserved {
			checkShape(t, path+"."+f.Name, f.Type, &s.Members[i].Shape)
		}
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
		checkShape(t, path+"[]", goType.Elem(), s.Element)
	case api.Map:
		if s.Key == nil || s.Value == nil {
			t.Errorf("%s: no key or value in the table", path)
		}
	case api.MapOf:
		if s.Value != nil {
			checkShape(t, path+"{}", goType.Elem(), s.Value)
		} else if api.TypeOf(goType.Elem()) != api.Attribute {
			t.Errorf("%s: no value in the table", path)
		}
	case api.EnumText:
		checkEnum(t, path, goType, s)
	}
}

func checkEnum(t *testing.T, path string, goType reflect.Type, s *api.Shape) {
	t.Helper()
	if goType.Name() == "string" { // an element of a list of strings
		return
	}
	var want []string
	for _, v := range reflect.Zero(goType).MethodByName("Values").Call(nil)[0].Seq2() {
		want = append(want, v.String())
	}
	got := slices.Clone(s.Enum)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: enum %v, SDK %v", path, got, want)
	}
}

// TestOutputs checks that the encoder knows the type of every member of the
// outputs.
func TestOutputs(t *testing.T) {
	for _, o := range sdkOperations() {
		if dynamodbapi.Service.Operations[o.name] != nil {
			visitTypes(o.output, map[reflect.Type]bool{})
		}
	}
}

func visitTypes(shape reflect.Type, seen map[reflect.Type]bool) {
	if seen[shape] {
		return
	}
	seen[shape] = true
	for _, f := range api.FieldsOf(shape) { // which panics at a type that is not known
		field := shape.Field(f.Index).Type
		for field.Kind() == reflect.Pointer || field.Kind() == reflect.Slice || field.Kind() == reflect.Map {
			field = field.Elem()
		}
		if f.Type != api.Timestamp && field.Kind() == reflect.Struct {
			visitTypes(field, seen)
		}
	}
}
