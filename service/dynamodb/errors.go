package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

const resourceNotFound = "ResourceNotFoundException"

func invalid(format string, args ...any) error {
	return api.Errorf("ValidationException", format, args...)
}

func invalidValue(format string, args ...any) error {
	return invalid("One or more parameter values were invalid: "+format, args...)
}

// typed gives an error the SDK's own, so that code in this process finds it
// with errors.As as if it came from a client. The error itself is not changed.
func typed(e *api.Error) *api.Error {
	message := aws.String(e.Message)
	var shape error
	switch e.Code {
	case resourceNotFound:
		shape = &types.ResourceNotFoundException{Message: message}
	case "ResourceInUseException":
		shape = &types.ResourceInUseException{Message: message}
	case "LimitExceededException":
		shape = &types.LimitExceededException{Message: message}
	case "TableNotFoundException":
		shape = &types.TableNotFoundException{Message: message}
	case "IdempotentParameterMismatchException":
		shape = &types.IdempotentParameterMismatchException{Message: message}
	case tables.ConditionFailed:
		shape = &types.ConditionalCheckFailedException{Message: message}
	default:
		return e
	}
	copied := *e
	copied.Shape = shape
	return &copied
}

// refusal is the error of a write of one item that was refused. It has the old
// item if that was asked for.
func refusal(out *tables.Outcome, returned types.ReturnValuesOnConditionCheckFailure) error {
	e := typed(out.Err)
	if shape, ok := e.Shape.(*types.ConditionalCheckFailedException); ok {
		shape.Item = failedItem(out, returned)
	}
	return e
}

func failedItem(out *tables.Outcome, returned types.ReturnValuesOnConditionCheckFailure) attr.Item {
	if returned == types.ReturnValuesOnConditionCheckFailureAllOld {
		return out.Old
	}
	return nil
}

// as turns what the packages below return into an error, nil for none.
func as(e *api.Error) error {
	if e == nil {
		return nil
	}
	return e
}
