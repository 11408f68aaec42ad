package stsapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/stsapi"
)

// TestTableCoversSDK checks that every operation of the SDK is in the table or
// refused by name, and that the members of the table are the SDK's.
func TestTableCoversSDK(t *testing.T) {
	client := reflect.TypeFor[*sts.Client]()
	seen := 0
	for i := range client.NumMethod() {
		name, m := client.Method(i).Name, client.Method(i).Type
		if m.NumIn() != 4 || !m.IsVariadic() || m.In(2).Kind() != reflect.Pointer || m.In(2).Elem().Name() != name+"Input" {
			continue
		}
		op := stsapi.Service.Operations[name]
		if (op != nil) == stsapi.Service.Unshaped[name] {
			t.Errorf("%s has to be either served or refused by name", name)
		}
		if op == nil {
			continue
		}
		seen++
		fields := api.FieldsOf(m.In(2).Elem())
		for _, member := range op.Input.Members {
			if !slices.ContainsFunc(fields, func(f api.Field) bool { return f.Name == member.Name }) {
				t.Errorf("%s has no %s", name, member.Name)
			}
		}
	}
	if seen != len(stsapi.Service.Operations) {
		t.Errorf("%d operations are the SDK's, the table has %d", seen, len(stsapi.Service.Operations))
	}
}
