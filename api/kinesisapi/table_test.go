package kinesisapi_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// sdkOperation is an operation as the SDK's client has it.
type sdkOperation struct {
	name          string
	call          reflect.Value
	input, output reflect.Type
}

// sdkOperations returns the methods of the SDK's client that are operations.
func sdkOperations(c *kinesis.Client) (all []sdkOperation) {
	v := reflect.ValueOf(c)
	for i := range v.NumMethod() {
		name, m := v.Type().Method(i).Name, v.Method(i).Type()
		if m.NumIn() == 3 && m.IsVariadic() && m.In(1).Kind() == reflect.Pointer && m.In(1).Elem().Name() == name+"Input" {
			all = append(all, sdkOperation{name, v.Method(i), m.In(1).Elem(), m.Out(0).Elem()})
		}
	}
	return all
}

// newClient returns a client of nobody.
// inputTypes are the SDK's input shapes by operation.
var inputTypes = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, o := range sdkOperations(newClient()) {
		m[o.name] = o.input
	}
	return m
}()

func newClient() *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://localhost"),
		Credentials:  credentials.NewStaticCredentialsProvider("a", "b", ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   refusing{},
	})
}

// refusing is a transport that reaches nobody.
type refusing struct{}

func (refusing) Do(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

// TestUnshapedOperations checks that the SDK really has no shapes for what is
// refused for the lack of them.
func TestUnshapedOperations(t *testing.T) {
	if n := len(kinesisapi.Service.Unshaped); n != 12 {
		t.Errorf("%d operations of queues, want 12", n)
	}
	for name := range kinesisapi.Service.Unshaped {
		if inputTypes[name] != nil || kinesisapi.Service.Operations[name] != nil {
			t.Errorf("%s has shapes: move it to the table", name)
		}
	}
}

// TestTableCoversSDK checks that the table has exactly the operations of the
// SDK, and exactly the members of their inputs, at all depths.
func TestTableCoversSDK(t *testing.T) {
	all := sdkOperations(newClient())
	if len(all) != 45 || len(kinesisapi.Service.Operations) != len(all) {
		t.Errorf("the SDK has %d operations, the table %d", len(all), len(kinesisapi.Service.Operations))
	}
	for _, o := range all {
		op := kinesisapi.Service.Operations[o.name]
		if op == nil {
			t.Errorf("%s is missing", o.name)
			continue
		}
		checkMembers(t, o.name, o.input, op.Input)
		if empty := len(api.FieldsOf(o.output)) == 0; empty != (op.NoOutput || o.name == "SubscribeToShard") {
			t.Errorf("%s: NoOutput is %v", o.name, op.NoOutput)
		}
		if len(op.Errors) == 0 {
			t.Errorf("%s has no errors", o.name)
		}
	}
}

func checkMembers(t *testing.T, path string, shape reflect.Type, s *api.Structure) {
	if s == nil {
		t.Errorf("%s: no fields in the table", path)
		return
	}
	if len(s.Members) > 16 {
		t.Errorf("%s: more members than the decoder takes", path)
	}
	fields := api.FieldsOf(shape)
	if len(fields) != len(s.Members) {
		t.Errorf("%s: %d members in the SDK, %d in the table", path, len(fields), len(s.Members))
	}
	for _, f := range fields {
		i := slices.IndexFunc(s.Members, func(m api.Member) bool { return m.Name == f.Name })
		if i < 0 {
			t.Errorf("%s.%s is missing", path, f.Name)
			continue
		}
		checkShape(t, path+"."+f.Name, shape.Field(f.Index).Type, f.Type, &s.Members[i].Shape)
	}
}

func checkShape(t *testing.T, path string, goType reflect.Type, typ api.Type, s *api.Shape) {
	switch typ {
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
		checkShape(t, path, goType.Elem(), api.TypeOf(goType.Elem()), s.Element)
	case api.Map:
		if s.Key == nil || s.Value == nil {
			t.Errorf("%s: no key or value in the table", path)
		}
	case api.EnumText:
		if goType.Name() == "string" { // an element of a list of strings
			return
		}
		var want []string
		for _, v := range reflect.Zero(goType).MethodByName("Values").Call(nil)[0].Seq2() {
			want = append(want, v.String())
		}
		if got := slices.Clone(s.Enum); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("%s: enum %v, SDK %v", path, got, want)
		}
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// TestRequired checks the required members against the SDK, which refuses an
// input that lacks one and names them all.
func TestRequired(t *testing.T) {
	for _, o := range sdkOperations(newClient()) {
		input := reflect.New(o.input)
		fillStructures(input.Elem())
		out := o.call.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
		err, _ := out[1].Interface().(error)
		var missing []string
		var invalid smithy.InvalidParamsError
		if errors.As(err, &invalid) {
			for _, e := range invalid.Errs() {
				var param smithy.InvalidParamError
				if !errors.As(e, &param) {
					t.Fatal(e)
				}
				_, path, _ := strings.Cut(param.Field(), ".")
				missing = append(missing, path)
			}
		} else if err == nil {
			t.Fatalf("%s reached somebody", o.name)
		}
		want := requiredLeaves(input.Elem(), kinesisapi.Service.Operations[o.name].Input, "")
		if !slices.Equal(sorted(missing), sorted(want)) {
			t.Errorf("%s: the SDK requires %v, the table %v", o.name, missing, want)
		}
	}
}

// fillStructures sets every structure of the input, and puts one into every
// list of them, so that the SDK looks inside.
func fillStructures(v reflect.Value) {
	for _, f := range api.FieldsOf(v.Type()) {
		field := v.Field(f.Index)
		switch {
		case f.Type == api.Struct:
			field.Set(reflect.New(field.Type().Elem()))
			fillStructures(field.Elem())
		case f.Type == api.List && api.TypeOf(field.Type().Elem()) == api.Struct:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
			fillStructures(field.Index(0))
		}
	}
}

// requiredLeaves returns the paths, in the SDK's notation, of the required
// members that fillStructures left empty.
func requiredLeaves(v reflect.Value, s *api.Structure, path string) (leaves []string) {
	for _, f := range api.FieldsOf(v.Type()) {
		i := slices.IndexFunc(s.Members, func(m api.Member) bool { return m.Name == f.Name })
		m, field := &s.Members[i], v.Field(f.Index)
		at := path + f.Name
		switch {
		case f.Type == api.Struct:
			leaves = append(leaves, requiredLeaves(field.Elem(), m.Fields, at+".")...)
		case f.Type == api.List && field.Len() == 1:
			leaves = append(leaves, requiredLeaves(field.Index(0), m.Element.Fields, at+"[0].")...)
		case m.Required:
			leaves = append(leaves, at)
		}
	}
	return leaves
}

// TestRequiredLists checks that each entry names a list of an output.
func TestRequiredLists(t *testing.T) {
	lists := map[string]bool{}
	for _, o := range sdkOperations(newClient()) {
		collectLists(o.output, lists)
	}
	lists["SubscribeToShardEvent.Records"] = true // inside an event stream
	for name := range kinesisapi.Service.RequiredLists {
		if !lists[name] {
			t.Errorf("%s is no list of an output", name)
		}
	}
}

func collectLists(shape reflect.Type, lists map[string]bool) {
	for _, f := range api.FieldsOf(shape) {
		typ := shape.Field(f.Index).Type
		if f.Type == api.List {
			lists[shape.Name()+"."+f.Name] = true
			typ = typ.Elem()
		}
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() == reflect.Struct && (f.Type == api.Struct || f.Type == api.List) {
			collectLists(typ, lists)
		}
	}
}
