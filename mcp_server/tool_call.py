"""A call of a tool, from its parameters to the message that answers it."""

from __future__ import annotations

from . import permission, refusals, results
from .arguments import ArgumentProblem, check_arguments
from .calls import TOOL_STEPS
from .messages import id_of, meta_of, success
from .tools import PERMISSION_PROMPT, POLL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .api import ApiRequest, Json, ToolSteps
    from .calls import CallContext
    from .messages import RequestId


class ToolCall:
    """A call of one of the tools, its arguments not yet checked.

    `progress_token` is None when the client wants no progress notifications; `waits` says whether
    the tool may wait for a person.
    """

    __slots__ = (
        "_arguments",
        "_is_stateless",
        "_meta",
        "_tool",
        "name",
        "progress_token",
        "request_id",
    )

    def __init__(
        self, request_id: RequestId, tool: Json, params: Json, *, is_stateless: bool
    ) -> None:
        self.request_id = request_id
        self.name: str = tool["name"]
        self._tool = tool
        self._arguments = params.get("arguments")
        self._meta = meta_of(params)
        self._is_stateless = is_stateless
        self.progress_token = id_of(self._meta.get("progressToken"))

    @property
    def waits(self) -> bool:
        return self.name in (POLL, PERMISSION_PROMPT)

    def steps(self, context: CallContext) -> ToolSteps:
        """Yields the API requests, is sent their outcomes, returns the message to send back.

        Where the client has cancelled the call, throw `CallCancelled` in: what is still yielded
        then tidies up, and the exception comes out again.
        """
        try:
            values = check_arguments(self._arguments, self._tool["inputSchema"])
            steps = permission.ask if self.name == PERMISSION_PROMPT else TOOL_STEPS[self.name]
            result = yield from steps(values, context)
        except ArgumentProblem as problem:
            result = self._refusal(refusals.of_arguments(self.name, str(problem)))
        return self._answer(result)

    def refuse(self, sentence: str) -> Json:
        """The message that says as a tool's result why the call was not begun."""
        return self._answer(self._refusal(sentence))

    def progress(self, request: ApiRequest, seconds: float) -> Json | None:
        """The notification for a request that has been held for some seconds.

        None when the client wants none or no answer is awaited. `progress` and `total` are seconds.
        """
        waiting = request.waiting
        if waiting is None or self.progress_token is None:
            return None
        waited = waiting.waited_seconds + seconds
        message = f"waiting for the person: {round(waited)} of {waiting.wait_seconds} s"
        if waiting.seconds_left is not None:
            left = results.duration_words(waiting.seconds_left - seconds)
            message += f", expires in {left}"
        params = {
            "progressToken": self.progress_token,
            "progress": round(waited, 3),
            "total": waiting.wait_seconds,
            "message": message,
        }
        return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}

    def _refusal(self, sentence: str) -> Json:
        if self.name == PERMISSION_PROMPT:
            return permission.denied(sentence)
        return results.failed(sentence)

    def _answer(self, result: Json) -> Json:
        return success(self.request_id, result, is_stateless=self._is_stateless)
