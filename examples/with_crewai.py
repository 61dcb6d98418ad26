"""A flow of CrewAI that publishes only what a person has read.

    pip install 'pausepoint[crewai]'
    python examples/with_crewai.py

Each flow that is started asks the person.
"""

from crewai.flow import Flow, listen, start
from crewai.flow.human_feedback import human_feedback

from pausepoint.integrations.crewai import asks

person = asks("+15550100199")


class Review(Flow):
    @start()
    @human_feedback("Publish this?", emit=["publish", "revise"], llm=person.exact, provider=person)
    def draft(self) -> str:
        return "Prices fall."

    @listen("publish")
    def send_out(self) -> None:
        print("publishing")

    @listen("revise")
    def write_again(self) -> None:
        print("revising:", *self.last_human_feedback.feedback.splitlines())


if __name__ == "__main__":
    Review(suppress_flow_events=True).kickoff()
