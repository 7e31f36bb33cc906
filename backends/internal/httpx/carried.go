package httpx

import (
	"io"
	"net/http"

	"pitwall/fleet"
)

// carried sends requests by a carrier in place of a connection.
type carried struct{ by fleet.Carrier }

// RoundTrip hands the request over. The credential of the endpoint is among its headers: whether it arrives is the
// carrier's to say.
func (c carried) RoundTrip(req *http.Request) (*http.Response, error) {
	out := fleet.CarriedRequest{Method: req.Method, Path: req.URL.RequestURI(), Header: req.Header}
	if req.Body != nil {
		defer req.Body.Close()
		body, err := io.ReadAll(req.Body) // what this package sends is in memory already
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	reply, err := c.by.Carry(req.Context(), out)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(reply.Status), StatusCode: reply.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header(reply.Header), Body: reply.Body, ContentLength: -1, Request: req,
	}, nil
}
