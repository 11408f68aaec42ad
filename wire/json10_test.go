package wire

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/dynamodbapi"
)

// echoItem answers GetItem with the key as the item, or fails as the table's
// name says.
func echoItem(_ context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	switch *in.TableName {
	case "failing":
		return nil, errors.New("out of order")
	case "missing":
		return nil, api.Errorf("ResourceNotFoundException", "Requested resource not found")
	case "refusing":
		return nil, &api.Error{
			Code: "ConditionalCheckFailedException", Message: "The conditional request failed",
			Shape: &types.ConditionalCheckFailedException{Message: aws.String("unused"), Item: in.Key},
		}
	}
	return &dynamodb.GetItemOutput{Item: in.Key, ConsumedCapacity: &types.ConsumedCapacity{CapacityUnits: aws.Float64(0.5)}}, nil
}

// TestJSON10 has requests in AWS JSON 1.0 and the exact answers.
func TestJSON10(t *testing.T) {
	h := New(Options{Services: []Service{{
		API: dynamodbapi.Service, Handlers: map[string]api.Handler{
			"GetItem": api.Handle(echoItem),
			"CreateTable": api.Handle(func(context.Context, *dynamodb.CreateTableInput) (*dynamodb.CreateTableOutput, error) {
				return nil, errors.New("was called")
			}),
		},
	}}})
	const all = `{"b":{"BOOL":true},"bs":{"BS":["AQ==","Ag=="]},"l":{"L":[{"N":"1"},{"L":[]}]},"m":{"M":{"\"":{"S":""}}},` +
		`"n":{"N":"-1.5"},"ns":{"NS":["1"]},"s":{"S":"é"},"ss":{"SS":["x"]},"x":{"B":"/w=="},"z":{"NULL":true}}`
	const coral, own = "com.amazon.coral.service#", "com.amazonaws.dynamodb.v20120810#"
	for _, c := range []struct {
		operation, body string
		status          int
		want            string
	}{
		{"GetItem", `{"TableName":"some","Key":` + all + `}`, 200, `{"ConsumedCapacity":{"CapacityUnits":0.5},"Item":` + all + `}`},
		{"GetItem", `{"TableName":"some","Key":{"a":{"S":"x","N":null,"Y":7},"b":null}}`, 200, `{"ConsumedCapacity":{"CapacityUnits":0.5},"Item":{"a":{"S":"x"}}}`},
		{"GetItem", `{"TableName":"missing","Key":{}}`, 400, `{"__type":"` + own + `ResourceNotFoundException","message":"Requested resource not found"}`},
		{"GetItem", `{"TableName":"refusing","Key":{"a":{"N":"1"}}}`, 400, `{"__type":"` + own + `ConditionalCheckFailedException","message":"The conditional request failed","Item":{"a":{"N":"1"}}}`},
		{"GetItem", `{"TableName":"failing","Key":{}}`, 500, `{"__type":"` + coral + `InternalFailure"}`},
		{"GetItem", `{"Key":{}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"}`},
		{"GetItem", `{"TableName":"some","Key":{"a":{}}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"}`},
		{"GetItem", `{"TableName":"some","Key":{"a":{"S":"x","N":"1"}}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"}`},
		{"GetItem", `{"TableName":"some","Key":{"a":` + strings.Repeat(`{"L":[`, 40) + strings.Repeat(`]}`, 40) + `}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"}`},
		{"GetItem", `{"TableName":"some","Key":{"a":{"S":7}}}`, 400, `{"__type":"` + coral + `SerializationException","Message":"class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String"}`},
		{"GetItem", `{"TableName":`, 400, `{"__type":"` + coral + `SerializationException"}`},
		{"CreateTable", `{"VectorIndexes":[{}]}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"This server does not serve the parameter VectorIndexes yet."}`},
		{"DeleteTable", `{}`, 400, `{"__type":"` + coral + `UnknownOperationException","message":"This server does not serve DeleteTable yet."}`},
		{"ExecuteStatement", `{}`, 400, `{"__type":"` + coral + `UnknownOperationException","message":"This server does not serve ExecuteStatement yet."}`},
		{"Nothing", `{}`, 400, `{"__type":"` + coral + `UnknownOperationException"}`},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", contentJSON10)
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+c.operation)
		r.Header.Set("X-Amz-Date", "20260101T000000Z")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got, _ := io.ReadAll(w.Result().Body)
		if w.Code != c.status || string(got) != c.want {
			t.Errorf("%s %.80s\n got %d %s\nwant %d %s", c.operation, c.body, w.Code, got, c.status, c.want)
		}
		header := map[string][]string(w.Header()) // whose names are AWS's own
		if got, want := header[headerChecksum], strconv.Itoa(int(crc32.ChecksumIEEE(got))); len(got) != 1 || got[0] != want {
			t.Errorf("%s: checksum %v, want %s", c.operation, got, want)
		}
	}
	for _, contentType := range []string{contentJSON, contentCBOR, contentRPC} {
		r := httptest.NewRequest(http.MethodPost, "/service/DynamoDB_20120810/operation/GetItem", strings.NewReader(`{"TableName":"some","Key":{}}`))
		r.Header.Set("Content-Type", contentType)
		if contentType == contentRPC {
			r.Header.Set(headerProtocol, protocolRPC)
		} else {
			r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", contentType, w.Code, w.Body)
		}
	}
}
