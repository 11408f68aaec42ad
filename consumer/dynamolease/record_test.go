package dynamolease_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/dynamolease"
)

// recorder is a client that writes down the requests it passes on, one a
// paragraph, and that fails those it is told to.
type recorder struct {
	dynamolease.Client
	fail func(operation string) error

	mu   sync.Mutex // guards text
	text strings.Builder
}

// record writes a request down and returns the error to answer it with.
func (r *recorder) record(operation string, in any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(&r.text, "%s\n", operation)
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
			fmt.Fprintf(&r.text, "  %s: %s\n", f.Name, show(v.Field(i)))
		}
	}
	if r.fail != nil {
		return r.fail(operation)
	}
	return nil
}

// show returns a short form of a member of a request.
func show(v reflect.Value) string {
	if v.CanInterface() {
		switch v := v.Interface().(type) {
		case *types.AttributeValueMemberS:
			return "S " + v.Value
		case *types.AttributeValueMemberN:
			return "N " + v.Value
		case *types.AttributeValueMemberB:
			return "B " + base64.StdEncoding.EncodeToString(v.Value)
		case *types.AttributeValueMemberSS:
			return fmt.Sprint("SS ", v.Value)
		case *types.AttributeValueMemberM:
			return "M " + show(reflect.ValueOf(v.Value))
		case *types.AttributeValueMemberL:
			return "L " + show(reflect.ValueOf(v.Value))
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return show(v.Elem())
	case reflect.Map:
		shown := map[string]string{}
		for key, value := range v.Seq2() {
			shown[key.String()] = show(value)
		}
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(shown)) {
			parts = append(parts, key+": "+shown[key])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Slice:
		var parts []string
		for _, value := range v.Seq2() {
			parts = append(parts, show(value))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				parts = append(parts, f.Name+"="+show(v.Field(i)))
			}
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(v)
}

func (r *recorder) CreateTable(ctx context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error) {
	if err := r.record("CreateTable", in); err != nil {
		return nil, err
	}
	return r.Client.CreateTable(ctx, in)
}

func (r *recorder) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	if err := r.record("DescribeTable", in); err != nil {
		return nil, err
	}
	return r.Client.DescribeTable(ctx, in)
}

func (r *recorder) UpdateTable(ctx context.Context, in *dynamodb.UpdateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateTableOutput, error) {
	if err := r.record("UpdateTable", in); err != nil {
		return nil, err
	}
	return r.Client.UpdateTable(ctx, in)
}

func (r *recorder) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := r.record("GetItem", in); err != nil {
		return nil, err
	}
	return r.Client.GetItem(ctx, in)
}

func (r *recorder) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := r.record("PutItem", in); err != nil {
		return nil, err
	}
	return r.Client.PutItem(ctx, in)
}

func (r *recorder) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := r.record("UpdateItem", in); err != nil {
		return nil, err
	}
	return r.Client.UpdateItem(ctx, in)
}

func (r *recorder) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	if err := r.record("DeleteItem", in); err != nil {
		return nil, err
	}
	return r.Client.DeleteItem(ctx, in)
}

func (r *recorder) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := r.record("Query", in); err != nil {
		return nil, err
	}
	return r.Client.Query(ctx, in)
}

func (r *recorder) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	if err := r.record("Scan", in); err != nil {
		return nil, err
	}
	return r.Client.Scan(ctx, in)
}
