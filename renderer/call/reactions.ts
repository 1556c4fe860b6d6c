/** What one can react with by a click; Element Call has the same ones and plays sounds for most. */
export const reactions = [
  { emoji: "👍", name: "thumbsup" },
  { emoji: "👎", name: "thumbsdown" },
  { emoji: "👏", name: "clapping" },
  { emoji: "🎉", name: "party" },
  { emoji: "😄", name: "laugh" },
  { emoji: "❤️", name: "heart" },
  { emoji: "👋", name: "wave" },
  { emoji: "💡", name: "lightbulb" },
] as const;
