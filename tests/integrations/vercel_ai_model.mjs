// Stands for a model: calls the tool as CALLS says, then says what came of each call.
import { MockLanguageModelV4 } from 'ai/test';

const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const calls = JSON.parse(process.env.CALLS ?? '[{"payee": "Meridian", "amount": 8400}]');

export const model = new MockLanguageModelV4({
  doGenerate: async ({ prompt }) => {
    const last = prompt.at(-1);
    if (last.role === 'tool') {
      const text = last.content.map(({ output }) => output.value ?? output.reason).join('; ');
      return { content: [{ type: 'text', text: `The tool said: ${text}` }], finishReason: { unified: 'stop' }, usage, warnings: [] };
    }
    const content = calls.map((input, number) => ({
      type: 'tool-call', toolCallId: `call_${number}`, toolName: 'wireMoney', input: JSON.stringify(input),
    }));
    return { content, finishReason: { unified: 'tool-calls' }, usage, warnings: [] };
  },
});
