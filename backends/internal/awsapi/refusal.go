package awsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// What is taken out of refusals, which may repeat parts of what was sent: the word for the failure and the right that lacks.
var (
	plainCode    = regexp.MustCompile(`^[A-Za-z]{1,60}$`)
	missingRight = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,60})`)
	xmlCode      = regexp.MustCompile(`<Code>([A-Za-z.]{1,60})</Code>`)
	xmlMessage   = regexp.MustCompile(`<Message>([^<]+)`)
)

// Told adds to a refusal what AWS says of it. A message is never shown whole: it may hold the signed request.
func Told(reply *httpx.Reply, err error, now time.Time) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return err
	}
	code, message := reason(reply)
	said := *e
	switch code {
	case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture":
		skewed(&said, reply, now)
	case "InvalidSignatureException", "SignatureDoesNotMatch":
		if strings.HasPrefix(message, "Signature expired") || strings.HasPrefix(message, "Signature not yet current") {
			skewed(&said, reply, now)
			break
		}
		said.Kind, said.Err = fleet.KindAuth, errors.New("the secret does not fit the access key id")
		said.Next = "check what auth names, and that the region of the url is meant"
	case "ExpiredToken", "ExpiredTokenException":
		said.Kind, said.Err, said.Next = fleet.KindAuth, errors.New("the session token has expired"), renew
	case "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure":
		said.Kind, said.Err = fleet.KindAuth, errors.New("AWS does not know this access key id, or its session token is missing")
		said.Next = "check what auth names"
	case "AccessDeniedException", "AccessDenied", "UnauthorizedOperation":
		denied(&said, message)
	case "ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded",
		"LimitExceededException": // the last is Cost Explorer's
		said.Kind = fleet.KindRateLimited
	default:
		if plainCode.MatchString(code) {
			said.Err = fmt.Errorf("%w: %s", e.Err, code)
		}
	}
	return &said
}

// reason reads AWS's word for a failure from the header or the body, where it may have a namespace before it and an address
// behind it.
func reason(reply *httpx.Reply) (code, message string) {
	var body struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // also "Message"
	}
	if json.Unmarshal(reply.Body, &body) != nil { // services that speak XML
		for _, x := range []struct {
			re   *regexp.Regexp
			into *string
		}{{xmlCode, &body.Code}, {xmlMessage, &body.Message}} {
			if found := x.re.FindSubmatch(reply.Body); found != nil {
				*x.into = string(found[1])
			}
		}
	}
	for _, c := range []string{reply.Header.Get("X-Amzn-Errortype"), body.Type, body.Code} {
		c, _, _ = strings.Cut(c, ":")
		if _, bare, ok := strings.Cut(c, "#"); ok {
			c = bare
		}
		if c != "" {
			return c, body.Message
		}
	}
	return "", body.Message
}

// skewed says that it is the clock that is refused. That proves nothing of the key.
func skewed(said *fleet.Error, reply *httpx.Reply, now time.Time) {
	said.Kind = fleet.KindInvalid
	text := "AWS refuses the time of the signature: the clocks differ"
	if reply.ServerTime.OK {
		switch off := now.Sub(reply.ServerTime.V).Round(time.Second); {
		case off > 0:
			text += fmt.Sprintf(", ours is %v ahead", off)
		case off < 0:
			text += fmt.Sprintf(", ours is %v behind", -off)
		}
	}
	said.Err = errors.New(text)
	said.Next = "set the clock of this machine; of the key nothing is known"
}

// denied names the right that lacks. A key that lacks a right is accepted, so that this is no refusal of the key.
func denied(said *fleet.Error, message string) {
	right := missingRight.FindStringSubmatch(message)
	if right == nil {
		return
	}
	said.Kind = fleet.KindUnsupported
	said.Err = errors.New("the key is accepted and lacks the right " + right[1])
	said.Next = "grant it to the key's user or role; what it would tell is not known"
}
