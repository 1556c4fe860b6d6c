declare module "plist" {
  const plist: { parse(xml: string): unknown; build(value: unknown): string };
  export default plist;
}
