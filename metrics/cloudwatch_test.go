package metrics

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// TestDimensionLabels writes no two sets of dimensions in the same way: a registry
// refuses to show anything when two series have the same labels.
func TestDimensionLabels(t *testing.T) {
	pair := func(name, value string) types.Dimension {
		return types.Dimension{Name: aws.String(name), Value: aws.String(value)}
	}
	seen := map[string]bool{}
	for _, dimensions := range [][]types.Dimension{
		{}, {pair("A", "x"), pair("B", "y")}, {pair("A", "x,B=y")}, {pair("A", `x\`), pair("B", "y")}, {pair("A", `x\,B\=y`)}, {pair("A=x,B", "y")}, {pair("A", "x=y")}, {pair("A=x", "y")},
	} {
		label := labelOf(dimensions)
		if seen[label] {
			t.Errorf("%s stands for two", label)
		}
		seen[label] = true
	}
	if !seen["A=x,B=y"] {
		t.Errorf("the labels are %v", seen)
	}
}
