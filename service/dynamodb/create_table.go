package dynamodb

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/tables"
)

// CreateTable makes a table with its global secondary indexes.
func (s *Service) CreateTable(ctx context.Context, in *dynamodb.CreateTableInput) (*dynamodb.CreateTableOutput, error) {
	t, err := tableOf(ctx, in)
	if err != nil {
		return nil, err
	}
	made, err := s.define(ctx, &tables.Create{Table: *t})
	if err != nil {
		return nil, err
	}
	return &dynamodb.CreateTableOutput{TableDescription: s.describe(made)}, nil
}

// tableOf returns the definition that a request asks for.
func tableOf(ctx context.Context, in *dynamodb.CreateTableInput) (*tables.Table, error) {
	ref, err := refOf(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	if err := refuseEncryption(in.SSESpecification); err != nil {
		return nil, err
	}
	if err := refuseStream(in.StreamSpecification); err != nil {
		return nil, err
	}
	t := &tables.Table{
		Ref: ref, Attributes: in.AttributeDefinitions, Billing: in.BillingMode, Class: in.TableClass,
		Protected: aws.ToBool(in.DeletionProtectionEnabled),
	}
	if t.Billing == "" {
		t.Billing = types.BillingModeProvisioned
	}
	if t.Keys, err = keysOf(in.KeySchema, in.AttributeDefinitions); err != nil {
		return nil, err
	}
	if t.Throughput, err = throughputOf(t.Billing, in.ProvisionedThroughput, ""); err != nil {
		return nil, err
	}
	for _, x := range in.GlobalSecondaryIndexes {
		index, err := indexOf(t.Billing, in.AttributeDefinitions, x.IndexName, x.KeySchema, x.Projection, x.ProvisionedThroughput)
		if err != nil {
			return nil, err
		}
		if _, twice := t.Index(index.Name); twice {
			return nil, invalidValue("Duplicate index name: %s", index.Name)
		}
		t.Indexes = append(t.Indexes, index)
	}
	if len(t.Indexes) > maxIndexes {
		return nil, invalidValue("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxIndexes)
	}
	if t.Tags, err = tagsOf(in.Tags); err != nil {
		return nil, err
	}
	return t, checkUnused(t)
}

// maxIndexes is how many indexes a table may have.
const maxIndexes = 20

// checkUnused refuses definitions of attributes that are in no key, and second
// ones of attributes that are.
func checkUnused(t *tables.Table) error {
	used := map[string]bool{}
	for _, a := range t.Keys.Attributes() {
		used[a.Name] = true
	}
	for i := range t.Indexes {
		for _, a := range t.Indexes[i].Keys.Attributes() {
			used[a.Name] = true
		}
	}
	if len(t.Attributes) != len(used) || len(definedNames(t.Attributes)) != len(used) {
		return invalidValue("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

// definedNames returns the attributes that are defined, sorted.
func definedNames(definitions []types.AttributeDefinition) []string {
	names := map[string]bool{}
	for _, a := range definitions {
		names[aws.ToString(a.AttributeName)] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// keysOf returns the keys of a schema.
func keysOf(schema []types.KeySchemaElement, definitions []types.AttributeDefinition) (keys tables.Keys, err error) {
	if len(schema) == 0 || schema[0].KeyType != types.KeyTypeHash {
		return keys, invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if len(schema) == 2 && schema[1].KeyType != types.KeyTypeRange {
		return keys, invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	if len(schema) > 2 {
		return keys, invalid("This server does not serve keys of more than two attributes yet.")
	}
	attributes := make([]tables.KeyAttribute, len(schema))
	for i, element := range schema {
		name := aws.ToString(element.AttributeName)
		at := slices.IndexFunc(definitions, func(a types.AttributeDefinition) bool { return aws.ToString(a.AttributeName) == name })
		if at < 0 {
			var names []string
			for _, e := range schema {
				names = append(names, aws.ToString(e.AttributeName))
			}
			return keys, invalidValue("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
				strings.Join(names, ", "), strings.Join(definedNames(definitions), ", "))
		}
		attributes[i] = tables.KeyAttribute{Name: name, Type: definitions[at].AttributeType}
	}
	keys.Hash = attributes[0]
	if len(attributes) == 2 {
		keys.Range = attributes[1]
		if keys.Range.Name == keys.Hash.Name {
			return keys, invalid("Invalid KeySchema: Some index key attribute have no definition")
		}
	}
	return keys, nil
}

// throughputOf returns what is provisioned, and refuses what does not go with
// the billing mode. The index is that which it is for, empty for the table.
func throughputOf(billing types.BillingMode, p *types.ProvisionedThroughput, index string) (tables.Throughput, error) {
	switch {
	case p == nil && billing == types.BillingModeProvisioned && index == "":
		return tables.Throughput{}, invalidValue("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case p == nil && billing == types.BillingModeProvisioned:
		return tables.Throughput{}, invalidValue("ProvisionedThroughput must be specified for index: %s", index)
	case p == nil:
		return tables.Throughput{}, nil
	case billing == types.BillingModePayPerRequest && index == "":
		return tables.Throughput{}, invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case billing == types.BillingModePayPerRequest:
		return tables.Throughput{}, invalidValue("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", index)
	}
	return tables.Throughput{Read: aws.ToInt64(p.ReadCapacityUnits), Write: aws.ToInt64(p.WriteCapacityUnits)}, nil
}

// indexOf returns the definition of an index.
func indexOf(billing types.BillingMode, definitions []types.AttributeDefinition, name *string, schema []types.KeySchemaElement,
	projection *types.Projection, p *types.ProvisionedThroughput,
) (x tables.Index, err error) {
	x.Name = aws.ToString(name)
	if x.Keys, err = keysOf(schema, definitions); err != nil {
		return x, err
	}
	if projection == nil || projection.ProjectionType == "" {
		return x, invalidValue("Unknown ProjectionType: null")
	}
	x.Projection, x.NonKeys = projection.ProjectionType, projection.NonKeyAttributes
	switch include := x.Projection == types.ProjectionTypeInclude; {
	case include && len(x.NonKeys) == 0:
		return x, invalidValue("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case !include && len(x.NonKeys) > 0:
		return x, invalidValue("ProjectionType is %s, but NonKeyAttributes is specified", x.Projection)
	}
	x.Throughput, err = throughputOf(billing, p, x.Name)
	return x, err
}

// refuseEncryption refuses keys of one's own: what a table holds is written as
// it is.
func refuseEncryption(sse *types.SSESpecification) error {
	if sse != nil && aws.ToBool(sse.Enabled) {
		return invalid("This server does not serve the parameter SSESpecification yet.")
	}
	return nil
}

func refuseStream(stream *types.StreamSpecification) error {
	if stream != nil && aws.ToBool(stream.StreamEnabled) {
		return invalid("This server does not serve the parameter StreamSpecification yet.")
	}
	return nil
}
