package api

import (
	"reflect"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Type is the kind of value that a field of an SDK shape holds.
type Type uint8

// The types that occur in the shapes of the AWS APIs.
const (
	String    Type = iota // *string
	EnumText              // a string type; "" means absent
	Integer               // *int32
	Long                  // *int64
	Count                 // int32; never absent
	Real                  // float64; never absent
	Instant               // time.Time; never absent
	Double                // *float64
	Boolean               // *bool
	Blob                  // []byte
	Timestamp             // *time.Time
	List                  // a slice
	Map                   // map[string]string
	MapOf                 // a map from strings to anything else
	Struct                // a structure, or a pointer to one
	Attribute             // types.AttributeValue of DynamoDB
)

// Field is one member of an SDK shape.
type Field struct {
	Name  string // Go's and the wire's
	Index int    // for reflect.Value.Field
	Type  Type
}

var (
	timestamp = reflect.TypeFor[*time.Time]()
	instant   = reflect.TypeFor[time.Time]()
	blob      = reflect.TypeFor[[]byte]()
	attribute = reflect.TypeFor[types.AttributeValue]()
	plans     sync.Map // reflect.Type of a struct -> []Field
)

// FieldsOf returns the modelled fields of an SDK shape in the order of the Go
// struct. It is safe for concurrent use; the result must not be changed.
func FieldsOf(shape reflect.Type) []Field {
	if p, ok := plans.Load(shape); ok {
		return p.([]Field)
	}
	fields := make([]Field, 0, shape.NumField())
	for i := range shape.NumField() {
		f := shape.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue // of the client's machinery, not of the model
		}
		fields = append(fields, Field{f.Name, i, TypeOf(f.Type)})
	}
	p, _ := plans.LoadOrStore(shape, fields)
	return p.([]Field)
}

// TypeOf tells which type of the model a Go type of the SDK stands for. It
// panics on a type that no table here has needed yet.
func TypeOf(t reflect.Type) Type {
	switch {
	case t == timestamp:
		return Timestamp
	case t == instant:
		return Instant
	case t == blob:
		return Blob
	case t == attribute:
		return Attribute
	case t.Kind() == reflect.String:
		return EnumText
	case t.Kind() == reflect.Int32:
		return Count
	case t.Kind() == reflect.Float64:
		return Real
	case t.Kind() == reflect.Slice:
		return List
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.String:
		return Map
	case t.Kind() == reflect.Map:
		return MapOf
	case t.Kind() == reflect.Struct:
		return Struct
	case t.Kind() == reflect.Pointer:
		switch t.Elem().Kind() {
		case reflect.String:
			return String
		case reflect.Int32:
			return Integer
		case reflect.Int64:
			return Long
		case reflect.Float64:
			return Double
		case reflect.Bool:
			return Boolean
		case reflect.Struct:
			return Struct
		}
	}
	panic("BUG: shape with a member of type " + t.String())
}
