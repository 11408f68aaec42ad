package attr

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
)

// number is a decimal: 0.digits × 10^exponent. It is exact and normal: digits
// neither begin nor end with a zero, and of zero there are none, and no sign.
type number struct {
	negative bool
	digits   string
	exponent int
}

// The bounds of numbers: 38 digits, from 1E-130 to 9.99…E+125.
const (
	maxDigits   = 38
	maxExponent = 126
	minExponent = -129
)

// The texts of DynamoDB for numbers that it does not take.
var (
	errDigits    = invalid("Attempting to store more than 38 significant digits in a Number")
	errOverflow  = invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
	errUnderflow = invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
)

// parse reads a number in decimal notation, with or without an exponent.
func parse(text string) (number, *api.Error) {
	notNumber := invalid("The parameter cannot be converted to a numeric value: " + text)
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	mantissa, power, scientific := cutExponent(rest)
	exponent := 0
	if scientific {
		var err error // more digits than these are beyond any bound
		if exponent, err = strconv.Atoi(power); err != nil || len(power) > 6 {
			return number{}, notNumber
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return number{}, notNumber
	}
	return normal(negative, digits, exponent+len(whole))
}

// cutExponent splits a number at its exponent.
func cutExponent(text string) (mantissa, power string, found bool) {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}

// normal returns the number 0.digits × 10^exponent, or why it is none.
func normal(negative bool, digits string, exponent int) (number, *api.Error) {
	trimmed := strings.TrimLeft(digits, "0")
	exponent -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	switch {
	case trimmed == "":
		return number{}, nil
	case exponent > maxExponent:
		return number{}, errOverflow
	case exponent < minExponent:
		return number{}, errUnderflow
	case len(trimmed) > maxDigits:
		return number{}, errDigits
	}
	return number{negative, trimmed, exponent}, nil
}

// mustParse reads a number that was checked before.
func mustParse(text string) number {
	n, err := parse(text)
	if err != nil {
		panic("BUG: number " + strconv.Quote(text) + " was not checked")
	}
	return n
}

// String returns the number without an exponent, as DynamoDB writes it.
func (n number) String() string {
	var text string
	switch point := n.exponent; {
	case n.digits == "":
		return "0"
	case point <= 0:
		text = "0." + strings.Repeat("0", -point) + n.digits
	case point >= len(n.digits):
		text = n.digits + strings.Repeat("0", point-len(n.digits))
	default:
		text = n.digits[:point] + "." + n.digits[point:]
	}
	if n.negative {
		return "-" + text
	}
	return text
}

func (n number) compare(m number) int {
	switch s, t := n.sign(), m.sign(); {
	case s != t:
		return s - t
	case s < 0:
		return m.compareMagnitude(n)
	}
	return n.compareMagnitude(m)
}

func (n number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	}
	return 1
}

func (n number) compareMagnitude(m number) int {
	if n.exponent != m.exponent && n.digits != "" && m.digits != "" {
		return n.exponent - m.exponent
	}
	return strings.Compare(n.digits, m.digits)
}

// scaled returns the number as an integer times 10^power, where power is at
// most its own.
func (n number) scaled(power int) *big.Int {
	if n.digits == "" {
		return new(big.Int)
	}
	x, _ := new(big.Int).SetString(n.digits+strings.Repeat("0", n.power()-power), 10)
	if n.negative {
		x.Neg(x)
	}
	return x
}

// power is that of the number's last digit.
func (n number) power() int { return n.exponent - len(n.digits) }

// Add returns a + b, or a - b, of two numbers, exactly. The error is what is
// wrong with the result.
func Add(a, b *types.AttributeValueMemberN, minus bool) (*types.AttributeValueMemberN, *api.Error) {
	x, y := mustParse(a.Value), mustParse(b.Value)
	if y.digits == "" {
		return a, nil
	}
	y.negative = y.negative != minus
	if x.digits == "" {
		return &types.AttributeValueMemberN{Value: y.String()}, nil
	}
	power := min(x.power(), y.power())
	sum := x.scaled(power)
	sum.Add(sum, y.scaled(power))
	digits := new(big.Int).Abs(sum).String()
	n, err := normal(sum.Sign() < 0, digits, power+len(digits))
	if err != nil {
		return nil, err
	}
	return &types.AttributeValueMemberN{Value: n.String()}, nil
}
