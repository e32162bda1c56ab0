"""What schemathesis is told of our schema: the scalars that it does not know.

Values that fit and values that do not; the pool of ids it fills by itself, from the answers.
"""

from hypothesis import strategies as st
from schemathesis.graphql import nodes, scalar

text = st.text(max_size=40)
# A key of the demonstration, a password of it, and anything.
confidential = st.sampled_from(["1970-01-31", "1234567", "madoguchi-demo-2026"]) | text

scalar("ConfidentialText", confidential.map(nodes.String))
scalar("EventCursor", text.map(nodes.String))
scalar("Upload", text.map(nodes.String))
